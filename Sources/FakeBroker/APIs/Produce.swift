internal import KafkaProtocol
internal import Logging

/// Produce (0): a batch is read through, record by record, before it is stored.
enum ProduceAPI: BrokerAPI {
    /// Kafka 4.3 tells 0 too, though it answers from 3 on: librdkafka concludes from it what formats there are.
    static let leastAnnounced: Int16? = 0
    static let namesTopics = true

    static func answer(_ request: ProduceRequest, _ call: Call, _ broker: inout Broker) {
        var response = ProduceResponse()
        var failure: String?
        for topic in request.topicData {
            var entry = ProduceResponse.TopicProduceResponse()
            entry.name = topic.name
            entry.topicId = topic.topicId
            for part in topic.partitionData {
                var place = ProduceResponse.PartitionProduceResponse()
                place.index = part.index
                switch append(part, topic, call, &broker) {
                case .success(let (offset, start)):
                    place.baseOffset = offset
                    place.logStartOffset = start
                case .failure(let refusal):
                    place.errorCode = refusal.code.rawValue
                    place.errorMessage = refusal.message
                    place.baseOffset = -1
                    failure = "\(refusal.code)\(refusal.message.map { ": \($0)" } ?? "")"
                    broker.notice(
                        .warn, "Records refused",
                        [
                            .init("topic", broker.topics.find(topic.name, topic.topicId)?.name ?? shown(topic.name)),
                            .init("partition", part.index), .init("error", failure ?? ""),
                        ])
                }
                entry.partitionResponses.append(place)
            }
            response.responses.append(entry)
        }
        if request.acks == 0 {
            // As Kafka does: who does not wait for an answer learns of an error by losing the connection.
            let outcome = failure.map { Broker.Outcome.close("Records without acknowledgement were refused: \($0).") }
            return broker.finish(call.pending.ticket, outcome ?? .nothing)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: ProduceRequest, _ code: Int16, _ version: Int16, _ broker: Broker) -> ProduceResponse
    {
        var response = ProduceResponse()
        response.responses = request.topicData.map { topic in
            var entry = ProduceResponse.TopicProduceResponse()
            entry.name = topic.name
            entry.topicId = topic.topicId
            entry.partitionResponses = topic.partitionData.map { part in
                var place = ProduceResponse.PartitionProduceResponse()
                place.index = part.index
                place.errorCode = code
                place.baseOffset = -1
                return place
            }
            return entry
        }
        return response
    }

    static func topics(of request: ProduceRequest, _ broker: Broker) -> [String] {
        request.topicData.compactMap { broker.topics.find($0.name, $0.topicId)?.name ?? $0.name }
    }

    static func wantsAnswer(_ request: ProduceRequest) -> Bool { request.acks != 0 }

    /// A name as long as one may be: it is told once for each of its partitions.
    private static func shown(_ name: String) -> String { String(name.prefix(249)) }

    /// Stores the batch of one partition; the offset of its first record, and where the log begins.
    private static func append(
        _ part: ProduceRequest.PartitionProduceData, _ topic: ProduceRequest.TopicProduceData, _ call: Call,
        _ broker: inout Broker
    ) -> Result<(Int64, Int64), Refusal> {
        let entry: TopicEntry
        let slot: Int
        switch broker.slot(topic.name, topic.topicId, part.index) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let found): (entry, slot) = found
        }
        guard let bytes = part.records.bytes(in: call.frame), !bytes.isEmpty else {
            return .failure(Refusal(.invalidRecord, "There are no records."))
        }
        let check = BatchCheck(
            decompressor: broker.decompressor, maximum: entry.maximumBatch, wantsKeys: entry.isCompacted)
        let info: RecordBatchInfo
        switch check.read(bytes) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let read): info = read
        }
        guard broker.makeRoom(for: bytes.count, in: slot, of: entry) else {
            return .failure(
                Refusal(.kafkaStorageError, "The partition is full, and each of its keys is in use (--retention)."))
        }
        let batch = ModelBatch(
            recordCount: info.recordCount, producerID: info.producerID, producerEpoch: info.producerEpoch,
            baseSequence: info.baseSequence, payload: 0, size: bytes.count)
        switch broker.cluster.partitions[slot].append(batch) {
        case .refused(let code):
            return .failure(
                Refusal(
                    ErrorCode(rawValue: code),
                    "producer \(info.producerID), epoch \(info.producerEpoch), sequence \(info.baseSequence)"))
        case .duplicate(let offset):
            broker.notice(
                .info, "Records that are there already were acknowledged again",
                [.init("topic", entry.name), .init("partition", part.index), .init("offset", offset)])
            return .success((offset, broker.cluster.partitions[slot].logStartOffset))
        case .appended(let offset):
            broker.contents[slot].append(
                StoredBatch(
                    copying: bytes, baseOffset: offset, leaderEpoch: broker.cluster.partitions[slot].leaderEpoch,
                    maxTimestamp: info.maxTimestamp))
            broker.cluster.partitions[slot].replicate(to: broker.cluster.partitions[slot].endOffset)
            return .success((offset, broker.cluster.partitions[slot].logStartOffset))
        }
    }
}
