internal import FakeBroker
internal import KafkaClient

/// What stands for fetched bytes: which batches of which partition.
struct SimulatedData: Sendable, Equatable {
    var slot: Int
    var batches: [ModelBatch]
}

/// Fetched data on its way to a simulated application.
struct SimulatedChunk: MailboxChunk {
    let partition: TopicPartition
    let incarnation: UInt64
    /// Where the application starts to read.
    let offset: Int64
    let data: SimulatedData

    var byteCount: Int { data.batches.reduce(0) { $0 + $1.byteCount } }

    func divided(limit: Int) -> (taken: SimulatedChunk, rest: SimulatedChunk?) {
        var bytes = 0
        var count = 0
        for batch in data.batches {
            guard count == 0 || bytes + batch.byteCount <= limit else { break }
            bytes += batch.byteCount
            count += 1
        }
        let taken = SimulatedData(slot: data.slot, batches: Array(data.batches.prefix(count)))
        let rest = SimulatedData(slot: data.slot, batches: Array(data.batches.dropFirst(count)))
        return (
            SimulatedChunk(partition: partition, incarnation: incarnation, offset: offset, data: taken),
            rest.batches.isEmpty
                ? nil : SimulatedChunk(partition: partition, incarnation: incarnation, offset: offset, data: rest)
        )
    }
}

/// The application of a simulated consumer: what it holds, what it has done and committed.
struct SimulatedLane {
    struct Held {
        let slot: Int
        let id: TopicPartition
        /// The offset of the next record that it expects.
        var next: Int64
        var committed: Int64
    }

    var mailbox = ConsumerMailbox<SimulatedChunk>()
    var held: [Held] = []
    var isScheduled = false
    var commitUnderWay: UInt64?
    var committing: [CommitMachine.Offset] = []
    /// Given away as soon as the closing commit has ended.
    var revoking: [TopicPartition]?
    var stalledUntil: UInt64 = 0
}
