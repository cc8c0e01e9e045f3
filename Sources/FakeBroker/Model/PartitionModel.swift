/// A replicated partition: one log of which everything below the high watermark is on all replicas in sync.
///
/// A clean change of leader keeps what is below the high watermark and loses the rest, with the producers' state as the
/// remaining log tells it.
package struct PartitionModel: Sendable {
    /// How an append ended.
    package enum AppendResult: Sendable, Equatable {
        case appended(baseOffset: Int64)
        case duplicate(baseOffset: Int64)
        case refused(errorCode: Int16)
    }

    /// Node id of the leader, -1 while there is none.
    package private(set) var leader: Int32
    package private(set) var leaderEpoch: Int32 = 0
    package private(set) var log: [ModelBatch] = []
    package private(set) var logStartOffset: Int64 = 0
    package private(set) var highWatermark: Int64 = 0
    private var producers = ProducerStateModel()

    package init(leader: Int32) { self.leader = leader }

    /// The offset of the next record.
    package var endOffset: Int64 { log.last?.nextOffset ?? logStartOffset }

    /// Appends as the leader does, with the sequence checks of idempotent producers.
    package mutating func append(_ batch: ModelBatch) -> AppendResult {
        switch producers.check(batch) {
        case .refuse(let code): return .refused(errorCode: code)
        case .duplicate(let offset): return .duplicate(baseOffset: offset)
        case .append: break
        }
        var stored = batch
        stored.baseOffset = endOffset
        stored.leaderEpoch = leaderEpoch
        log.append(stored)
        producers.remember(stored)
        return .appended(baseOffset: stored.baseOffset)
    }

    /// The replicas have caught up to an offset.
    package mutating func replicate(to offset: Int64) {
        highWatermark = max(highWatermark, min(offset, endOffset))
    }

    /// Another node leads from now on; what was not replicated is gone.
    package mutating func elect(_ node: Int32) {
        leader = node
        leaderEpoch += 1
        log.removeAll { $0.nextOffset > highWatermark }
        producers = ProducerStateModel()
        for batch in log { producers.remember(batch) }
    }

    /// Nobody leads until the next election.
    package mutating func loseLeader() { leader = -1 }

    /// Drops the oldest batches, as retention does. What producers wrote last stays known.
    package mutating func dropOldest(_ count: Int) {
        guard count > 0, count <= log.count else { return }
        logStartOffset = log[count - 1].nextOffset
        log.removeFirst(count)
    }

    /// DeleteRecords: nothing below `offset` can be read any more. Batches that lie below it as a whole go.
    ///
    /// - Returns: how many batches went.
    package mutating func advanceLogStart(to offset: Int64) -> Int {
        guard offset > logStartOffset else { return 0 }
        let count = log.firstIndex { $0.nextOffset > offset } ?? log.count
        log.removeFirst(count)
        logStartOffset = offset
        return count
    }

    /// Keeps the batches at these places of the log, as compaction does; offsets stay as they are. The last one is always kept,
    /// because it tells where the log ends.
    package mutating func compact(keeping isKept: (Int) -> Bool) {
        let last = log.count - 1
        log = log.indices.filter { $0 == last || isKept($0) }.map { log[$0] }
    }
}
