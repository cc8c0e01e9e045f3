internal import KafkaProtocol

/// DeleteRecords (21): a partition begins at a later offset.
enum DeleteRecordsAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: DeleteRecordsRequest, _ call: Call, _ broker: inout Broker) {
        var response = DeleteRecordsResponse()
        for topic in request.topics {
            var entry = DeleteRecordsResponse.DeleteRecordsTopicResult()
            entry.name = topic.name
            for part in topic.partitions {
                var place = DeleteRecordsResponse.DeleteRecordsPartitionResult()
                place.partitionIndex = part.partitionIndex
                switch delete(topic.name, part, &broker) {
                case .success(let start): place.lowWatermark = start
                case .failure(let refusal):
                    place.lowWatermark = -1
                    place.errorCode = refusal.code.rawValue
                }
                entry.partitions.append(place)
            }
            response.topics.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DeleteRecordsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DeleteRecordsResponse
    {
        var response = DeleteRecordsResponse()
        response.topics = request.topics.map { topic in
            var entry = DeleteRecordsResponse.DeleteRecordsTopicResult()
            entry.name = topic.name
            entry.partitions = topic.partitions.map { part in
                var place = DeleteRecordsResponse.DeleteRecordsPartitionResult()
                place.partitionIndex = part.partitionIndex
                place.lowWatermark = -1
                place.errorCode = code
                return place
            }
            return entry
        }
        return response
    }

    static func topics(of request: DeleteRecordsRequest, _ broker: Broker) -> [String] { request.topics.map(\.name) }

    private static func delete(
        _ name: String, _ part: DeleteRecordsRequest.DeleteRecordsPartition, _ broker: inout Broker
    ) -> Result<Int64, Refusal> {
        broker.slot(name, .zero, part.partitionIndex).flatMap { _, slot in
            let end = broker.cluster.partitions[slot].highWatermark
            let offset = part.offset == -1 ? end : part.offset
            guard offset >= 0, offset <= end else { return .failure(Refusal(.offsetOutOfRange, nil)) }
            broker.contents[slot].dropOldest(broker.cluster.partitions[slot].advanceLogStart(to: offset))
            return .success(broker.cluster.partitions[slot].logStartOffset)
        }
    }
}
