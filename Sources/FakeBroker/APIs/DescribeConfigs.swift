internal import KafkaProtocol

/// DescribeConfigs (32): settings of topics and of the broker.
enum DescribeConfigsAPI: BrokerAPI {
    private typealias Setting = DescribeConfigsResponse.DescribeConfigsResourceResult

    private static let topicResource: Int8 = 2
    private static let brokerResource: Int8 = 4
    /// Where a value comes from, as the protocol has it.
    private static let ofTopic: Int8 = 1
    private static let ofBroker: Int8 = 4
    private static let byDefault: Int8 = 5

    static let namesTopics = true

    static func answer(_ request: DescribeConfigsRequest, _ call: Call, _ broker: inout Broker) {
        var response = DescribeConfigsResponse()
        for resource in request.resources.unique(by: { [$0.resourceName, String($0.resourceType)] }) {
            var entry = result(resource)
            if resource.resourceType == topicResource, let topic = broker.topics[resource.resourceName] {
                entry.configs = settings(of: topic)
            } else if resource.resourceType == brokerResource {
                entry.configs = [
                    setting("auto.create.topics.enable", broker.settings.createsTopics ? "true" : "false", ofBroker),
                    setting("default.replication.factor", "1", ofBroker),
                    setting("num.partitions", String(broker.settings.partitions), ofBroker),
                    setting("log.retention.bytes", String(broker.settings.retention), ofBroker),
                ]
            } else {
                let isTopic = resource.resourceType == topicResource
                entry.errorCode = (isTopic ? ErrorCode.unknownTopicOrPartition : .invalidRequest).rawValue
            }
            if let wanted = resource.configurationKeys.map(Set.init) {
                entry.configs = entry.configs.filter { wanted.contains($0.name) }
            }
            response.results.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DescribeConfigsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DescribeConfigsResponse
    {
        var response = DescribeConfigsResponse()
        response.results = request.resources.map { resource in
            var entry = result(resource)
            entry.errorCode = code
            return entry
        }
        return response
    }

    static func topics(of request: DescribeConfigsRequest, _ broker: Broker) -> [String] {
        request.resources.filter { $0.resourceType == topicResource }.map(\.resourceName)
    }

    private static func result(
        _ resource: DescribeConfigsRequest.DescribeConfigsResource
    ) -> DescribeConfigsResponse.DescribeConfigsResult {
        var entry = DescribeConfigsResponse.DescribeConfigsResult()
        entry.resourceType = resource.resourceType
        entry.resourceName = resource.resourceName
        entry.errorMessage = nil
        return entry
    }

    private static func settings(of topic: TopicEntry) -> [Setting] {
        let defaults = TopicSettings.defaults.filter { topic.setting($0.name) == nil }
        return topic.settings.map { setting($0.name, $0.value, ofTopic) }
            + defaults.map { setting($0.name, $0.value, byDefault) }
    }

    private static func setting(_ name: String, _ value: String, _ source: Int8) -> Setting {
        var entry = Setting()
        entry.name = name
        entry.value = value
        entry.configSource = source
        entry.documentation = nil
        return entry
    }
}
