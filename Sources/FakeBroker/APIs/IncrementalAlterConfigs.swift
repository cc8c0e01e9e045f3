internal import KafkaProtocol

/// IncrementalAlterConfigs (44): settings of topics; the broker's own are given on its command line.
enum IncrementalAlterConfigsAPI: BrokerAPI {
    typealias Request = IncrementalAlterConfigsRequest

    static let namesTopics = true

    static func answer(_ request: Request, _ call: Call, _ broker: inout Broker) {
        var response = IncrementalAlterConfigsResponse()
        let repeated = request.resources.repeated { [$0.resourceName, String($0.resourceType)] }
        for resource in request.resources {
            var entry = result(resource)
            let isRepeated = repeated.contains([resource.resourceName, String(resource.resourceType)])
            switch altered(resource, isRepeated: isRepeated, broker) {
            case .failure(let refusal):
                entry.errorCode = refusal.code.rawValue
                entry.errorMessage = refusal.message
            case .success(let settings):
                if !request.validateOnly { broker.topics.set(settings, of: resource.resourceName) }
            }
            response.responses.append(entry)
        }
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: Request, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> IncrementalAlterConfigsResponse
    {
        var response = IncrementalAlterConfigsResponse()
        response.responses = request.resources.map { resource in
            var entry = result(resource)
            entry.errorCode = code
            return entry
        }
        return response
    }

    static func topics(of request: Request, _ broker: Broker) -> [String] {
        request.resources.filter { $0.resourceType == 2 }.map(\.resourceName)
    }

    private static func result(
        _ resource: Request.AlterConfigsResource
    ) -> IncrementalAlterConfigsResponse.AlterConfigsResourceResponse {
        var entry = IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()
        entry.resourceType = resource.resourceType
        entry.resourceName = resource.resourceName
        entry.errorMessage = nil
        return entry
    }

    /// A topic's settings as they would be after the request.
    ///
    /// As in Kafka each topic, and each of its settings, is named once: the work stays in proportion to the request.
    private static func altered(
        _ resource: Request.AlterConfigsResource, isRepeated: Bool, _ broker: Broker
    ) -> Result<[(name: String, value: String)], Refusal> {
        guard resource.resourceType == 2 else {
            return .failure(Refusal(.invalidRequest, "Only settings of topics can be changed here."))
        }
        guard let topic = broker.topics[resource.resourceName] else {
            return .failure(Refusal(.unknownTopicOrPartition, nil))
        }
        if isRepeated { return .failure(Refusal(.invalidRequest, "Each resource must appear at most once.")) }
        let given = resource.configs.map { (name: $0.name, value: $0.value ?? "") }
        if let refusal = TopicSettings.excess(of: given) { return .failure(refusal) }
        guard given.repeated({ $0.name }).isEmpty else {
            return .failure(Refusal(.invalidRequest, "Error due to duplicate config keys"))
        }
        var settings = topic.settings
        for (config, given) in zip(resource.configs, given) {
            let before = settings.first { $0.name == given.name }?.value ?? ""
            settings.removeAll { $0.name == given.name }
            switch config.configOperation {
            case 0: settings.append(given)
            case 1: continue
            case 2: settings.append((given.name, (words(before) + words(given.value)).joined(separator: ",")))
            case 3:
                let gone = Set(words(given.value))
                settings.append((given.name, words(before).filter { !gone.contains($0) }.joined(separator: ",")))
            default: return .failure(Refusal(.invalidRequest, "There is no operation \(config.configOperation)."))
            }
        }
        if let refusal = TopicSettings.refusal(of: settings) { return .failure(refusal) }
        return .success(settings)
    }

    private static func words(_ list: String) -> [Substring] { list.split(separator: ",") }
}
