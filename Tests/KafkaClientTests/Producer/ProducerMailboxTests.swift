import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct ProducerMailboxTests {
    private let mailbox = ProducerMailbox(snapshot: MetadataSnapshot(), wakeLane: {})

    init() {
        mailbox.put(topic: "t")
        _ = mailbox.takeForLoop()
    }

    private func builder() -> RecordBatchBuilder {
        let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1000)
        #expect(builder.append(key: nil, keyCount: -1, value: nil, valueCount: -1, timestamp: 1))
        return builder
    }

    private func open(_ partition: Int32, createdAt: UInt64, topic: Int32 = 0) -> OpenBatch {
        OpenBatch(topic: topic, partition: partition, createdAt: createdAt, runs: [], builder: builder())
    }

    private func sealed(_ partition: Int32) throws -> ProducerParcel {
        let batch = try #require(try builder().seal())
        return ProducerParcel(
            topic: 0, partition: partition, createdAt: 1, runs: [], batch: batch, isFromLane: true)
    }

    private func take(by time: UInt64, busy: Int32? = nil) -> ProducerMailbox.Due {
        mailbox.takeDue(createdBy: time) { $1 == busy }
    }

    @Test func `open batches are due once their linger is over`() {
        mailbox.put([open(0, createdAt: 5), open(1, createdAt: 9)])
        let due = take(by: 5)
        #expect(due.batches.map(\.partition) == [0])
        #expect(due.next == 9)
        #expect(!due.isWaiting)
        #expect(take(by: 9).batches.map(\.partition) == [1])
    }

    @Test func `a batch that is due stays open behind others of its partition, and may grow`() {
        mailbox.put([open(0, createdAt: 5), open(1, createdAt: 5), open(2, createdAt: 9)])
        let due = take(by: 5, busy: 0)
        #expect(due.batches.map(\.partition) == [1])
        #expect(due.next == 9, "the one that waits is not waited for by the clock")
        #expect(due.isWaiting)
        #expect(mailbox.takeOpen(topic: 0, partition: 0) != nil, "the lane may go on with it")
        mailbox.put([open(0, createdAt: 5)])
        #expect(take(by: 5).batches.map(\.partition) == [0])
    }

    @Test func `an open batch waits while sealed ones of its partition, which are older, have not been taken`() throws {
        #expect(mailbox.takeForLoop().sealed.isEmpty)
        mailbox.put(try sealed(0))
        mailbox.put([open(0, createdAt: 2), open(1, createdAt: 2)])
        let due = take(by: 9)
        #expect(due.batches.map(\.partition) == [1])
        #expect(due.next == 2)
        #expect(mailbox.takeForLoop().sealed.count == 1)
        #expect(take(by: 9).batches.map(\.partition) == [0])
    }

    @Test func `an open batch of a topic that the loop has not heard of waits for the loop to take its name`() {
        mailbox.put(topic: "u")
        mailbox.put([open(0, createdAt: 2, topic: 1), open(0, createdAt: 2)])
        let due = take(by: 9)
        #expect(due.batches.map(\.topic) == [0])
        #expect(due.next == 2 && !due.isWaiting)
        #expect(mailbox.takeForLoop().topics == ["u"])
        #expect(take(by: 9).batches.map(\.topic) == [1])
    }

    @Test func `whatever the loop leaves is news for the lane, until that takes it`() throws {
        #expect(mailbox.hasNewsForLane)
        let parcel = try sealed(0)
        let leavings: [(ProducerMailbox) -> Void] = [
            { $0.put(completed: [parcel]) }, { $0.put(snapshot: MetadataSnapshot()) },
            { $0.put(failure: KafkaCluster.closedError) }, { $0.remind() },
        ]
        for leave in leavings {
            _ = mailbox.takeForLane()
            #expect(!mailbox.hasNewsForLane)
            leave(mailbox)
            #expect(mailbox.hasNewsForLane)
        }
        mailbox.put(parcel)
        _ = mailbox.takeForLane()
        mailbox.put(topic: "t")
        #expect(!mailbox.hasNewsForLane)
    }
}
