internal import KafkaProtocol

/// OffsetForLeaderEpoch (23).
enum OffsetForLeaderEpochAPI: BrokerAPI {
    typealias Request = OffsetForLeaderEpochRequest

    static let namesTopics = true

    static func answer(_ request: Request, _ call: Call, _ broker: inout Broker) {
        broker.reply(
            map(request) { topic, part, place in
                guard case .success(let (_, slot)) = broker.slot(topic, .zero, part.partition) else {
                    place.errorCode = ErrorCode.unknownTopicOrPartition.rawValue
                    return
                }
                let end = broker.cluster.partitions[slot].endOffset(
                    ofEpoch: part.leaderEpoch, at: Broker.node, currentEpoch: part.currentLeaderEpoch)
                switch end {
                case .success(let (epoch, offset)): (place.leaderEpoch, place.endOffset) = (epoch, offset)
                case .failure(let refusal): place.errorCode = refusal.errorCode
                }
            }, to: call.pending)
    }

    static func refusal(_ request: Request, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> OffsetForLeaderEpochResponse
    {
        map(request) { _, _, place in place.errorCode = code }
    }

    static func topics(of request: Request, _ broker: Broker) -> [String] { request.topics.map(\.topic) }

    private static func map(
        _ request: Request,
        _ fill: (String, Request.OffsetForLeaderPartition, inout OffsetForLeaderEpochResponse.EpochEndOffset) -> Void
    ) -> OffsetForLeaderEpochResponse {
        var response = OffsetForLeaderEpochResponse()
        response.topics = request.topics.map { topic in
            var entry = OffsetForLeaderEpochResponse.OffsetForLeaderTopicResult()
            entry.topic = topic.topic
            entry.partitions = topic.partitions.map { part in
                var place = OffsetForLeaderEpochResponse.EpochEndOffset()
                place.partition = part.partition
                fill(topic.topic, part, &place)
                return place
            }
            return entry
        }
        return response
    }
}
