internal import KafkaProtocol

/// OffsetDelete (47): committed offsets of a group without members.
enum OffsetDeleteAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: OffsetDeleteRequest, _ call: Call, _ broker: inout Broker) {
        broker.advanceGroups()
        guard let group = broker.groups[request.groupId] else {
            return refuse(request, .groupIdNotFound, call, &broker)
        }
        let code = group.members.isEmpty ? 0 : ErrorCode.groupSubscribedToTopic.rawValue
        if code == 0 {
            let named = request.topics.flatMap { topic in topic.partitions.map { (topic.name, $0.partitionIndex) } }
            _ = broker.groups.change(request.groupId) { $0.forgetOffsets(named) }
        }
        var response = OffsetDeleteResponse()
        response.topics = request.topics.map { topic in
            var entry = OffsetDeleteResponse.OffsetDeleteResponseTopic()
            entry.name = topic.name
            entry.partitions = topic.partitions.map { part in
                var place = OffsetDeleteResponse.OffsetDeleteResponsePartition()
                place.partitionIndex = part.partitionIndex
                place.errorCode = code
                return place
            }
            return entry
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: OffsetDeleteRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> OffsetDeleteResponse
    {
        var response = OffsetDeleteResponse()
        response.errorCode = code
        return response
    }

    static func topics(of request: OffsetDeleteRequest, _ broker: Broker) -> [String] { request.topics.map(\.name) }
}
