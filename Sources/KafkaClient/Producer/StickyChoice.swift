/// Which partition the records without key go to next: random, with weights by the queues where these differ (KIP-794).
enum StickyChoice {
    /// - Parameters:
    ///   - count: how many partitions records may go to.
    ///   - isWeighted: partitions with shorter queues are likelier.
    ///   - outstanding: the length of a partition's queue.
    /// - Returns: nil where there is no partition to choose.
    static func choose(
        among topic: MetadataSnapshot.Topic, count: Int, isWeighted: Bool, _ random: inout SeededRandom,
        outstanding: (Int) -> Int
    ) -> Int? {
        var candidates = topic.partitions.filter { $0.leader >= 0 }.map { Int($0.index) }
        if candidates.isEmpty { candidates = topic.partitions.map { Int($0.index) } }
        candidates.removeAll { !(0..<count).contains($0) }
        guard !candidates.isEmpty else { return nil }
        let longest = candidates.map(outstanding).max() ?? 0
        let weights = candidates.map { isWeighted ? longest + 1 - outstanding($0) : 1 }
        var ticket = random.below(weights.reduce(0, +))
        for (candidate, weight) in zip(candidates, weights) {
            if ticket < weight { return candidate }
            ticket -= weight
        }
        return nil
    }
}
