internal import KafkaProtocol

/// CreateTopics (19), with any replication factor: there is one replica.
enum CreateTopicsAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: CreateTopicsRequest, _ call: Call, _ broker: inout Broker) {
        var response = CreateTopicsResponse()
        for topic in request.topics {
            let given = topic.configs.map { (name: $0.name, value: $0.value ?? "") }
            let wanted = topic.assignments.isEmpty ? topic.numPartitions : Int32(clamping: topic.assignments.count)
            let partitions = wanted == -1 ? broker.settings.partitions : wanted
            var entry = CreateTopicsResponse.CreatableTopicResult()
            entry.name = topic.name
            entry.errorMessage = nil
            switch broker.createTopic(
                topic.name, partitions: partitions, settings: given, isTrial: request.validateOnly)
            {
            case .success(let made):
                entry.topicId = made?.id ?? .zero
                entry.numPartitions = partitions
                entry.replicationFactor = 1
                entry.configs = []
            case .failure(let refusal):
                entry.errorCode = refusal.code.rawValue
                entry.errorMessage = refusal.message
                entry.configs = nil
            }
            response.topics.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: CreateTopicsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> CreateTopicsResponse
    {
        var response = CreateTopicsResponse()
        response.topics = request.topics.map { topic in
            var entry = CreateTopicsResponse.CreatableTopicResult()
            entry.name = topic.name
            entry.errorCode = code
            entry.errorMessage = nil
            entry.configs = nil
            return entry
        }
        return response
    }

    static func topics(of request: CreateTopicsRequest, _ broker: Broker) -> [String] { request.topics.map(\.name) }
}
