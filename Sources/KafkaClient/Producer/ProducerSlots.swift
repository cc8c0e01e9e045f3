/// The numbers by which a producer's machine knows partitions, and the topics that they are of. Numbers stay.
struct ProducerSlots {
    struct Slot {
        let topic: Int32
        let name: String
        let partition: Int32
    }

    private struct Key: Hashable {
        let topic: Int32
        let partition: Int32
    }

    /// By the lane's numbers.
    private(set) var topics: [String] = []
    private var incarnations = TopicIncarnations()
    private var slots: [Slot] = []
    private var numbers: [Key: Int] = [:]

    var indices: Range<Int> { slots.indices }

    subscript(_ slot: Int) -> Slot { slots[slot] }

    /// The lane names topics.
    mutating func add(topics names: [String], _ metadata: MetadataSnapshot) {
        topics.append(contentsOf: names)
        for name in names { incarnations.add(metadata.topic(name)) }
    }

    /// The slot of a partition; nil while it has none.
    func number(_ topic: Int32, _ partition: Int32) -> Int? { numbers[Key(topic: topic, partition: partition)] }

    /// Gives a partition that has no slot one; nil for a topic that was not named.
    mutating func add(_ topic: Int32, _ partition: Int32) -> Int? {
        guard topics.indices.contains(Int(topic)) else { return nil }
        let slot = slots.count
        slots.append(Slot(topic: topic, name: topics[Int(topic)], partition: partition))
        numbers[Key(topic: topic, partition: partition)] = slot
        return slot
    }

    /// Whether metadata tells of another topic of that name than before.
    mutating func isRecreated(_ topic: Int, _ metadata: MetadataSnapshot.Topic) -> Bool {
        incarnations.isMadeAnew(topic, metadata)
    }

    /// The slot of a command's part that an answer is about.
    func slot(of command: ProduceCommand, _ topic: String, _ partition: Int32) -> Int? {
        command.parts.first { slots[$0.slot].partition == partition && slots[$0.slot].name.hasBytes(of: topic) }?.slot
    }
}
