import EventLoop
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaClient

/// A lane with the loop's end of its mailbox in the test's hands.
struct LaneBench {
    let lane: ProducerLane
    let mailbox: ProducerMailbox
    let pool = RecordBufferPool()
    let wakes: Counter

    final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        func increment() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    init(partitions: Int32 = 1, leaderless: [Int32] = [], _ change: (inout ProducerSettings) -> Void = { _ in }) {
        var settings = ProducerSettings()
        settings.linger = 1_000_000_000_000
        change(&settings)
        let wakes = Counter()
        self.wakes = wakes
        mailbox = ProducerMailbox(snapshot: MetadataSnapshot()) { wakes.increment() }
        lane = ProducerLane(settings: settings, mailbox: mailbox, pool: pool, seed: 3)
        _ = lane.topicIndex(for: "t")
        if partitions > 0 { publish(partitions: partitions, leaderless: leaderless) }
    }

    func publish(
        partitions: Int32, leaderless: [Int32] = [], error: Int16 = 0, version: Int = 1, id: UInt64 = 0,
        more: [MetadataSnapshot.Partition] = []
    ) {
        let topic = MetadataSnapshot.Topic(
            name: "t", id: .init(high: 0, low: id), errorCode: error,
            partitions: (0..<partitions).map {
                .init(index: $0, leader: leaderless.contains($0) ? -1 : 1, leaderEpoch: 0)
            } + more)
        mailbox.put(snapshot: MetadataSnapshot(version: version, topics: [topic]))
    }

    func append(
        _ value: [UInt8], key: [UInt8]? = nil, partition: Int32 = -1, segment: Int32 = 0, topic: Int32 = 0
    ) -> ProducerLane.AppendResult {
        value.withUnsafeBytes { value in
            (key ?? []).withUnsafeBytes { bytes in
                lane.append(
                    topic: topic, partition: partition, key: bytes.baseAddress,
                    keyLength: key.map { Int32($0.count) } ?? -1,
                    value: value.baseAddress, valueLength: Int32(value.count), timestamp: 1000, segment: segment)
            }
        }
    }

    func sealed() -> [ProducerParcel] { mailbox.takeForLoop().sealed }

    func complete(_ parcels: [ProducerParcel], error: ClientError? = nil) {
        for parcel in parcels {
            parcel.batch = nil
            parcel.error = error
        }
        mailbox.put(completed: parcels)
    }

    func drained() -> [ProducerLane.Completion] {
        var completions: [ProducerLane.Completion] = []
        lane.drain { completions.append($0) }
        return completions
    }
}

@Suite struct ProducerLaneTests {
    @Test func `records are batched and come out by segment`() {
        let bench = LaneBench()
        for index in 0..<10 { #expect(bench.append([1, 2], segment: index < 4 ? 7 : 8) == .appended) }
        bench.lane.flush()
        let parcels = bench.sealed()
        #expect(parcels.map(\.recordCount) == [10])
        #expect(parcels.first?.runs.map(\.segment) == [7, 8])
        bench.complete(parcels)
        #expect(bench.wakes.value == 1)
        #expect(bench.drained().map { [$0.segment, $0.count] } == [[7, 4], [8, 6]])
        #expect(bench.drained().isEmpty)
    }

    @Test func `a full batch is sealed and the next begun`() {
        let bench = LaneBench { $0.batchSize = 500 }
        for _ in 0..<10 { #expect(bench.append([UInt8](repeating: 0, count: 100)) == .appended) }
        let parcels = bench.sealed()
        #expect(parcels.count >= 2)
        for parcel in parcels { #expect(parcel.byteCount <= 500) }
        bench.lane.flush()
        let all = parcels + bench.sealed()
        #expect(all.map { Int($0.recordCount) }.reduce(0, +) == 10)
    }

    @Test func `a record larger than a batch has a batch of its own`() {
        let bench = LaneBench { $0.batchSize = 500 }
        #expect(bench.append([1]) == .appended)
        #expect(bench.append([UInt8](repeating: 0, count: 5000)) == .appended)
        #expect(bench.append([1]) == .appended)
        bench.lane.flush()
        #expect(bench.sealed().map(\.recordCount) == [1, 1, 1])
    }

    @Test func `a record larger than a request is refused and others go on`() {
        let bench = LaneBench { $0.maxRequestSize = 1000 }
        #expect(bench.append([UInt8](repeating: 0, count: 1000)) == .refused)
        #expect(bench.lane.lastError?.code == .recordTooLarge)
        #expect(bench.append([1]) == .appended)
        // Of one that is smaller than the limit and refused all the same, the reason has to say why.
        #expect(bench.append([UInt8](repeating: 0, count: 900)) == .refused)
        let message = bench.lane.lastError?.message ?? ""
        #expect(message.contains("with 128 bytes for its framing it has to be smaller than max.request.size (1000)"))
        let small = LaneBench { $0.bufferMemory = 900 }
        #expect(small.append([UInt8](repeating: 0, count: 800)) == .refused)
        #expect(small.lane.lastError?.message.contains("smaller than buffer.memory (900)") == true)
    }

    @Test func `a used up buffer makes the lane wait until batches come out`() {
        let bench = LaneBench {
            $0.batchSize = 10_000
            $0.bufferMemory = 100_000
        }
        let value = [UInt8](repeating: 0, count: 1000)
        var taken = 0
        while bench.append(value) == .appended, taken < 1000 { taken += 1 }
        #expect(taken > 50 && taken < 120)
        #expect(bench.append(value) == .full)
        bench.complete(bench.sealed())
        #expect(bench.wakes.value == 1)
        #expect(bench.append(value) == .appended)
    }

    @Test func `open batches are sent when they are all that fills the buffer`() {
        let bench = LaneBench(partitions: 4) {
            $0.batchSize = 1_000_000
            $0.bufferMemory = 100_000
        }
        let value = [UInt8](repeating: 0, count: 1000)
        var partition: Int32 = 0
        while bench.append(value, partition: partition % 4) == .appended { partition += 1 }
        #expect(bench.sealed().count == 4)
    }

    @Test func `a topic that is not known yet makes the lane wait, and is announced`() {
        let bench = LaneBench(partitions: 0)
        #expect(bench.append([1]) == .needsMetadata)
        #expect(bench.mailbox.takeForLoop().topics == ["t"])
        bench.publish(partitions: 1)
        #expect(bench.wakes.value == 1)
        #expect(bench.append([1]) == .appended)
    }

    @Test func `a partition with a number below zero is never chosen`() {
        let bench = LaneBench(partitions: 0)
        bench.publish(partitions: 1, more: [.init(index: -1, leader: 1, leaderEpoch: 0)])
        for _ in 0..<20 { #expect(bench.append([1]) == .appended) }
        bench.lane.flush()
        #expect(bench.sealed().map(\.partition) == [0])
    }

    @Test(arguments: [(UInt64(0), UInt64(0)), (1, 2)])
    func `a topic made anew with fewer partitions has no records for those that are gone`(
        before: UInt64, after: UInt64
    ) {
        let bench = LaneBench(partitions: 0)
        bench.publish(partitions: 6, id: before)
        for number in UInt8(0)..<60 { #expect(bench.append([1], key: [number]) == .appended) }
        bench.lane.flush()
        #expect(Set(bench.sealed().map(\.partition)).count == 6)
        bench.publish(partitions: 2, version: 2, id: after)
        _ = bench.drained()
        for number in UInt8(0)..<60 {
            #expect(bench.append([1], key: [number]) == .appended)
            #expect(bench.append([1]) == .appended)
        }
        bench.lane.flush()
        #expect(Set(bench.sealed().map(\.partition)) == [0, 1])
        #expect(bench.append([1], partition: 2) == .needsMetadata)
        // And once more, with some of those that were there before.
        bench.publish(partitions: 4, version: 3, id: after + 1)
        _ = bench.drained()
        for number in UInt8(0)..<60 { #expect(bench.append([1], key: [number]) == .appended) }
        bench.lane.flush()
        #expect(Set(bench.sealed().map(\.partition)) == [0, 1, 2, 3])
    }

    @Test func `a broker that knows of fewer partitions of the same topic is behind, and not believed`() {
        let bench = LaneBench(partitions: 0)
        bench.publish(partitions: 6, id: 7)
        #expect(bench.append([1]) == .appended)
        bench.publish(partitions: 2, version: 2, id: 7)
        _ = bench.drained()
        for number in UInt8(0)..<60 { #expect(bench.append([1], key: [number]) == .appended) }
        bench.lane.flush()
        #expect(Set(bench.sealed().map(\.partition)).count == 6)
    }

    @Test func `a topic without rights refuses its records`() {
        let bench = LaneBench(partitions: 0)
        bench.publish(partitions: 0, error: 29)
        #expect(bench.append([1]) == .refused)
        #expect(bench.lane.lastError?.kind == .authorization)
    }

    @Test func `a topic that never appears is refused after max.block.ms`() {
        let bench = LaneBench(partitions: 0) { $0.maxBlock = 0 }
        #expect(bench.append([1]) == .refused)
        #expect(bench.lane.lastError?.code == .unknownTopic)
    }

    @Test func `keys choose the partition as Java does`() {
        let bench = LaneBench(partitions: 12)
        for (key, _) in [("a", 4), ("ab", 2), ("kafka", 4), ("", 9)] {
            #expect(bench.append([1], key: Array(key.utf8)) == .appended)
        }
        bench.lane.flush()
        #expect(bench.sealed().map(\.partition).sorted() == [2, 4, 9])
    }

    @Test func `records without key stay with one partition until a batch is full, and none goes to the leaderless`() {
        let bench = LaneBench(partitions: 4, leaderless: [0, 2]) { $0.batchSize = 1000 }
        for _ in 0..<400 { _ = bench.append([UInt8](repeating: 0, count: 90)) }
        bench.lane.flush()
        let parcels = bench.sealed()
        #expect(Set(parcels.map(\.partition)) == [1, 3])
        #expect(parcels.dropLast(2).allSatisfy { $0.recordCount > 5 })
    }

    @Test func `a partition that the topic does not have is refused after max.block.ms`() {
        let bench = LaneBench(partitions: 2) { $0.maxBlock = 0 }
        #expect(bench.append([1], partition: 2) == .refused)
        #expect(bench.lane.lastError?.message == "topic t has 2 partitions, a record is for partition 2")
        #expect(bench.append([1], partition: 1) == .appended)
        #expect(bench.append([1], topic: 9) == .refused)
    }

    @Test func `a partition that is not known yet makes the lane ask for newer metadata and wait`() throws {
        let bench = LaneBench(partitions: 2) { $0.maxBlock = .max }
        let began = EventLoop.now()
        #expect(bench.append([1], partition: 2) == .needsMetadata)
        let deadline = try #require(bench.mailbox.takeForLoop().wantsMetadataUntil)
        #expect(deadline >= began + 60_000_000_000 && deadline <= EventLoop.now() + 60_000_000_000)
        #expect(bench.append([1], partition: 2) == .needsMetadata)
        #expect(bench.mailbox.takeForLoop().wantsMetadataUntil == nil, "once for each metadata")
        bench.publish(partitions: 2, version: 2)
        #expect(bench.wakes.value == 1)
        #expect(bench.append([1], partition: 2) == .needsMetadata)
        #expect(bench.mailbox.takeForLoop().wantsMetadataUntil == deadline, "the time does not begin anew")
        bench.publish(partitions: 3, version: 3)
        #expect(bench.wakes.value == 2)
        #expect(bench.append([1], partition: 2) == .appended)
        bench.lane.flush()
        #expect(bench.sealed().map(\.partition) == [2])
    }

    @Test func `an idle lane hands over open batches and takes them back`() {
        let bench = LaneBench()
        _ = bench.append([1], segment: 1)
        bench.lane.handOver()
        #expect(bench.mailbox.takeForLoop().firstOpen != nil)
        _ = bench.append([2], segment: 2)
        bench.lane.flush()
        let parcels = bench.sealed()
        #expect(parcels.map(\.recordCount) == [2])
        #expect(parcels.first?.runs.map(\.segment) == [1, 2])
    }

    @Test func `what the loop has sealed meanwhile stays sealed`() throws {
        let bench = LaneBench()
        _ = bench.append([1], segment: 1)
        bench.lane.handOver()
        #expect(bench.sealed().isEmpty)
        let open = try #require(bench.mailbox.takeDue(createdBy: .max) { _, _ in false }.batches.first)
        let batch = try #require(try open.builder.seal())
        let parcel = ProducerParcel(
            topic: open.topic, partition: open.partition, createdAt: open.createdAt, runs: open.runs, batch: batch,
            isFromLane: false)
        _ = bench.append([2], segment: 2)
        bench.lane.flush()
        let rest = bench.sealed()
        #expect(rest.map(\.recordCount) == [1])
        bench.complete([parcel] + rest)
        #expect(bench.drained().map(\.segment) == [1, 2])
    }

    @Test func `without linger an idle lane sends at once`() {
        let bench = LaneBench { $0.linger = 0 }
        _ = bench.append([1])
        bench.lane.handOver()
        #expect(bench.sealed().count == 1)
    }

    @Test func `a batch stays open while as many of its partition are under way as may be`() throws {
        let bench = LaneBench { ($0.linger, $0.maxInFlight) = (0, 2) }
        for value: UInt8 in 0..<5 {
            _ = bench.append([value])
            bench.lane.handOver()
        }
        let sent = bench.sealed()
        #expect(sent.map(\.recordCount) == [1, 1])
        let open = try #require(bench.mailbox.takeOpen(topic: 0, partition: 0))
        #expect(open.runs.map(\.count).reduce(0, +) == 3)
        bench.mailbox.put([open])
        bench.complete(Array(sent.prefix(1)))
        #expect(bench.drained().count == 1)
        _ = bench.append([5])
        bench.lane.handOver()
        #expect(bench.sealed().map(\.recordCount) == [4], "one has come out")
    }

    @Test func `parts of a batch that was cut make no room for others`() throws {
        let bench = LaneBench { ($0.linger, $0.maxInFlight) = (0, 1) }
        _ = bench.append([1])
        bench.lane.handOver()
        let first = try #require(bench.sealed().first)
        let rest = (0..<3).map { _ in
            let builder = RecordBatchBuilder(pool: bench.pool, limit: 100)
            _ = builder.append(key: nil, keyCount: -1, value: nil, valueCount: -1, timestamp: 1)
            return try? builder.seal()
        }
        bench.complete(
            [first]
                + rest.compactMap(\.self).map { batch in
                    ProducerParcel(
                        topic: 0, partition: 0, createdAt: 0, runs: [], batch: batch, isFromLane: false, isWhole: false)
                })
        _ = bench.drained()
        for _ in 0..<3 {
            _ = bench.append([2])
            bench.lane.handOver()
        }
        #expect(bench.sealed().count == 1, "one may be under way")
    }

    @Test func `headers and nulls arrive as given`() throws {
        let bench = LaneBench()
        let name: [UInt8] = Array("h".utf8)
        name.withUnsafeBytes { name in
            let headers = [RecordHeader(key: name, value: name), RecordHeader(key: name, value: nil)]
            headers.withUnsafeBufferPointer { headers in
                let result = bench.lane.append(
                    topic: 0, partition: 0, key: nil, keyLength: -1, value: nil, valueLength: -1, timestamp: 5,
                    headers: headers, segment: 0)
                #expect(result == .appended)
            }
        }
        bench.lane.flush()
        let batch = try #require(bench.sealed().first?.batch)
        var reader = RecordBatchReader(batch.bytes, decompressor: Decompressor(pool: bench.pool))
        _ = try reader.nextBatch()
        let record = try #require(try reader.next())
        #expect(record.keyCount == -1 && record.valueCount == -1 && record.headerCount == 2 && record.timestamp == 5)
    }

    @Test func `a broken producer says so`() {
        let bench = LaneBench()
        bench.mailbox.put(failure: ClientError(.producerFailed, .fatal, "gone"))
        bench.lane.drain { _ in }
        #expect(bench.append([1]) == .failed)
        #expect(bench.lane.lastError?.message == "gone")
    }

    @Test(arguments: [String(repeating: "x", count: 250), "a b", "", "..", "ä", "a/b"])
    func `a record for a topic that cannot exist is refused, for nobody would ever answer`(name: String) {
        let bench = LaneBench()
        let topic = bench.lane.topicIndex(for: name)
        #expect(bench.append([1], topic: topic) == .refused)
        #expect(bench.lane.lastError?.brokerCode == 17)
        #expect((bench.lane.lastError?.message.utf8.count ?? 0) < 400)
        #expect(bench.append([1]) == .appended)
    }

    @Test func `a topic whose name is as long as it may be is waited for`() {
        let bench = LaneBench()
        let topic = bench.lane.topicIndex(for: String(repeating: "x", count: 249))
        #expect(bench.append([1], topic: topic) == .needsMetadata)
    }

    @Test func `one wake-up is enough until the lane has come`() {
        let bench = LaneBench { $0.batchSize = 200 }
        for _ in 0..<50 { _ = bench.append([UInt8](repeating: 0, count: 90)) }
        for parcel in bench.sealed() { bench.complete([parcel]) }
        #expect(bench.wakes.value == 1)
        _ = bench.drained()
        bench.lane.flush()
        bench.complete(bench.sealed())
        #expect(bench.wakes.value == 2)
    }
}
