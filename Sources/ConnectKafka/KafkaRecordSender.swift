import ConnectModel
import EventLoop
import KafkaClient
import KafkaProtocol

/// A source task's way into Kafka: a producer's lane side, with topics created first where the connector asks for it.
///
/// Confined to the task's lane.
final class KafkaRecordSender: RecordSender {
    private let producer: Producer
    private let use: ClusterUse
    private let lane: ProducerLane
    private let topics: (any TopicPreparation)?
    /// Where topics are prepared before records go to them: by the lane's number.
    private var preparations: [TopicPreparationState] = []
    /// By the lane's number.
    private var names: [String] = []
    /// The place that the last record could not be appended for.
    private var awaited: MissingPlace?
    private var headers: [KafkaProtocol.RecordHeader] = []

    init(producer: Producer, topics: (any TopicPreparation)?, use: ClusterUse) {
        self.producer = producer
        self.use = use
        lane = producer.lane
        self.topics = topics
    }

    func topicNumber(for name: String) -> Int32 {
        let number = lane.topicIndex(for: name)
        // Numbers come in the order of first mention.
        if Int(number) == names.count { names.append(name) }
        if let topics {
            while preparations.count <= Int(number) { preparations.append(TopicPreparationState()) }
            topics.prepare(name, preparations[Int(number)])
        }
        return number
    }

    func append(_ records: UnsafeBufferPointer<OutgoingRecord>) -> AppendOutcome {
        let now = EventLoop.wallMilliseconds()
        awaited = nil
        for index in records.indices {
            if topics != nil, let outcome = waitsForTopic(records[index].topic, index) { return outcome }
            switch append(records[index], now) {
            case .appended: continue
            case .full: return .took(index)
            case .needsMetadata:
                noteMissing(records[index].topic, records[index].partition)
                return .took(index)
            case .refused: return .refused(after: index, lastError("The record was refused"))
            case .failed: return .failed(lastError("The producer failed"))
            }
        }
        return .took(records.count)
    }

    @inline(__always)
    private func append(_ record: OutgoingRecord, _ now: Int64) -> ProducerLane.AppendResult {
        let timestamp = record.timestamp < 0 ? now : record.timestamp
        if record.headerCount == 0 {
            return lane.append(
                topic: record.topic, partition: record.partition, key: record.key, keyLength: record.keyLength,
                value: record.value, valueLength: record.valueLength, timestamp: timestamp, segment: record.segment)
        }
        return appendWithHeaders(record, timestamp)
    }

    private func appendWithHeaders(_ record: OutgoingRecord, _ timestamp: Int64) -> ProducerLane.AppendResult {
        headers.removeAll(keepingCapacity: true)
        for header in UnsafeBufferPointer(start: record.headers, count: Int(record.headerCount)) {
            headers.append(
                KafkaProtocol.RecordHeader(
                    key: UnsafeRawBufferPointer(start: header.key, count: Int(header.keyLength)),
                    value: header.valueLength < 0
                        ? nil : UnsafeRawBufferPointer(start: header.value, count: Int(header.valueLength))))
        }
        return headers.withUnsafeBufferPointer { headers in
            lane.append(
                topic: record.topic, partition: record.partition, key: record.key, keyLength: record.keyLength,
                value: record.value, valueLength: record.valueLength, timestamp: timestamp, headers: headers,
                segment: record.segment)
        }
    }

    private func waitsForTopic(_ number: Int32, _ index: Int) -> AppendOutcome? {
        guard preparations.indices.contains(Int(number)) else { return nil }
        switch preparations[Int(number)].outcome {
        case nil:
            noteMissing(number, -1)
            return .took(index)
        case .success: return nil
        case .failure(let error): return .failed(error)
        }
    }

    private func noteMissing(_ number: Int32, _ partition: Int32) {
        guard names.indices.contains(Int(number)) else { return }
        let (name, count) = (names[Int(number)], lane.partitionCount(of: number))
        // A topic that is known lacks the partition that the record names.
        awaited = count > 0 && partition >= count ? .partition(partition, of: name, count: count) : .topic(name)
    }

    /// A topic may also go away under records that were appended before.
    var missing: MissingPlace? { awaited ?? lane.goneTopic.map { .topic($0) } }

    private func lastError(_ fallback: String) -> ConnectError {
        lane.lastError.map { ConnectError($0) } ?? ConnectError(.workerFailed, fallback)
    }

    func handOver() { lane.handOver() }

    func drain(_ body: (SendCompletion) -> Void) {
        lane.drain { completion in
            body(
                SendCompletion(
                    segment: completion.segment, count: completion.count,
                    error: completion.error.map { ConnectError($0) }, topic: completion.topic))
        }
    }

    var pendingBytes: Int { lane.pendingBytes }

    func close() { closer() }

    var closer: @Sendable () -> Void {
        { [producer, use, closeTopics = topics?.closer] in
            closeTopics?()
            producer.close()
            use.end()
        }
    }
}
