internal import KafkaProtocol

/// Metadata (3): the broker and its topics. Topics that are asked for come into being, unless that is switched off.
enum MetadataAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: MetadataRequest, _ call: Call, _ broker: inout Broker) {
        var response = header(broker)
        // Null is all topics.
        guard let asked = request.topics else {
            response.topics = broker.topics.entries.map(describe)
            return broker.reply(response, to: call.pending)
        }
        for topic in asked.unique(by: { [$0.name ?? "", $0.topicId.description] }) {
            response.topics.append(find(topic, creates: request.allowAutoTopicCreation, &broker))
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: MetadataRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> MetadataResponse
    {
        var response = header(broker)
        let named =
            request.topics
            ?? broker.topics.entries.map { entry in
                var topic = MetadataRequest.MetadataRequestTopic()
                (topic.name, topic.topicId) = (entry.name, entry.id)
                return topic
            }
        response.topics = named.map { failed($0, ErrorCode(rawValue: code)) }
        return response
    }

    static func topics(of request: MetadataRequest, _ broker: Broker) -> [String] {
        (request.topics ?? []).compactMap { broker.topics.find($0.name ?? "", $0.topicId)?.name ?? $0.name }
    }

    private static func header(_ broker: Broker) -> MetadataResponse {
        var response = MetadataResponse()
        var node = MetadataResponse.MetadataResponseBroker()
        node.nodeId = Broker.node
        node.host = broker.settings.host
        node.port = Int32(broker.settings.port)
        response.brokers = [node]
        response.clusterId = Broker.clusterID
        response.controllerId = Broker.node
        return response
    }

    private static func find(
        _ asked: MetadataRequest.MetadataRequestTopic, creates: Bool, _ broker: inout Broker
    ) -> MetadataResponse.MetadataResponseTopic {
        let name = asked.name ?? ""
        if let entry = broker.topics.find(name, asked.topicId) { return describe(entry) }
        guard asked.topicId == .zero else { return failed(asked, .unknownTopicId) }
        guard creates, broker.settings.createsTopics else {
            return failed(asked, TopicTable.isValid(name) ? .unknownTopicOrPartition : .invalidTopicException)
        }
        switch broker.createTopic(name, partitions: broker.settings.partitions) {
        case .success(let entry?): return describe(entry)
        case .success(nil): return failed(asked, .unknownTopicOrPartition)
        case .failure(let refusal): return failed(asked, refusal.code)
        }
    }

    private static func failed(
        _ asked: MetadataRequest.MetadataRequestTopic, _ code: ErrorCode
    ) -> MetadataResponse.MetadataResponseTopic {
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.name = asked.name ?? ""
        topic.topicId = asked.topicId
        topic.errorCode = code.rawValue
        return topic
    }

    private static func describe(_ entry: TopicEntry) -> MetadataResponse.MetadataResponseTopic {
        var topic = MetadataResponse.MetadataResponseTopic()
        topic.name = entry.name
        topic.topicId = entry.id
        topic.partitions = entry.slots.indices.map { number in
            var partition = MetadataResponse.MetadataResponsePartition()
            partition.partitionIndex = Int32(number)
            partition.leaderId = Broker.node
            partition.leaderEpoch = 0
            partition.replicaNodes = [Broker.node]
            partition.isrNodes = [Broker.node]
            return partition
        }
        return topic
    }
}

extension Broker {
    /// Base64 of sixteen bytes, as Kafka's are.
    static let clusterID = "kafka-connect-fakebrok"
}
