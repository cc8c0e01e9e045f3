internal import KafkaProtocol

/// DeleteTopics (20).
enum DeleteTopicsAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: DeleteTopicsRequest, _ call: Call, _ broker: inout Broker) {
        var response = DeleteTopicsResponse()
        for asked in named(request) {
            var entry = DeleteTopicsResponse.DeletableTopicResult()
            (entry.name, entry.topicId) = (asked.name, asked.topicId)
            if let topic = broker.topics.find(asked.name ?? "", asked.topicId) {
                (entry.name, entry.topicId) = (topic.name, topic.id)
                broker.deleteTopic(topic)
            } else {
                let code: ErrorCode = asked.topicId == .zero ? .unknownTopicOrPartition : .unknownTopicId
                entry.errorCode = code.rawValue
            }
            response.responses.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DeleteTopicsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DeleteTopicsResponse
    {
        var response = DeleteTopicsResponse()
        response.responses = named(request).map { asked in
            var entry = DeleteTopicsResponse.DeletableTopicResult()
            (entry.name, entry.topicId) = (asked.name, asked.topicId)
            entry.errorCode = code
            return entry
        }
        return response
    }

    static func topics(of request: DeleteTopicsRequest, _ broker: Broker) -> [String] {
        named(request).compactMap { broker.topics.find($0.name ?? "", $0.topicId)?.name ?? $0.name }
    }

    /// Old versions have names alone.
    private static func named(_ request: DeleteTopicsRequest) -> [DeleteTopicsRequest.DeleteTopicState] {
        request.topics
            + request.topicNames.map { name in
                var state = DeleteTopicsRequest.DeleteTopicState()
                state.name = name
                return state
            }
    }
}
