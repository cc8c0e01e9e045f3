internal import KafkaProtocol

/// How one kind of request is carried out.
protocol BrokerAPI: SendableMetatype {
    associatedtype Request: KafkaRequest

    /// The first version that clients are told of, where it is another than the first that can be read.
    static var leastAnnounced: Int16? { get }
    /// Whether ``topics(of:_:)`` can tell anything.
    static var namesTopics: Bool { get }

    /// Carries the request out, and replies at once or has it waited for.
    static func answer(_ request: Request, _ call: Call, _ broker: inout Broker)
    /// The answer that says of each part of the request that it failed with an error.
    static func refusal(_ request: Request, _ code: Int16, _ version: Int16, _ broker: Broker) -> Request.Response
    /// Names of the topics that the request is about.
    static func topics(of request: Request, _ broker: Broker) -> [String]
    /// Whether the client waits for an answer.
    static func wantsAnswer(_ request: Request) -> Bool
    /// Deals with a version that there is no layout for.
    static func refuseVersion(_ call: Call, _ broker: inout Broker)
}

extension BrokerAPI {
    static var leastAnnounced: Int16? { nil }
    static var namesTopics: Bool { false }
    static func topics(of request: Request, _ broker: Broker) -> [String] { [] }
    static func wantsAnswer(_ request: Request) -> Bool { true }

    static func refuseVersion(_ call: Call, _ broker: inout Broker) {
        broker.finish(
            call.pending.ticket,
            .close(
                "There is no version \(call.version) of \(name) here, but \(versions.lowerBound) to "
                    + "\(versions.upperBound)."))
    }

    /// Refuses the whole request.
    static func refuse(_ request: Request, _ code: ErrorCode, _ call: Call, _ broker: inout Broker) {
        broker.reply(refusal(request, code.rawValue, call.version, broker), to: call.pending)
    }

    static var key: Int16 { Request.apiKey }
    /// Kafka's name for it, without `Request`.
    static var name: String { APIDescription.find(key)?.name ?? "API \(key)" }
    /// Those that can be read.
    static var versions: ClosedRange<Int16> {
        let old = (Request.self as? any OldRequest.Type)?.oldVersions ?? Request.versions
        return min(old.lowerBound, Request.versions.lowerBound)...Request.versions.upperBound
    }

    /// Reads the request and carries it out, or what a fault wants instead.
    static func take(_ reader: inout ByteReader, _ call: Call, _ broker: inout Broker) throws(ProtocolError) {
        let request: Request
        if let old = try OldLayout.read(Request.self, &reader, version: call.version) {
            request = old
        } else {
            request = try Request(from: &reader, version: call.version)
        }
        try reader.finish()
        let names = broker.faults.looksIntoRequests(of: Request.apiKey) ? topics(of: request, broker) : []
        switch broker.meet(call, api: name, topics: names) {
        case .none, .lose: answer(request, call, &broker)
        case .error(let code):
            guard wantsAnswer(request) else { return broker.finish(call.pending.ticket, .close(nil)) }
            refuse(request, code, call, &broker)
        case .cut: broker.finish(call.pending.ticket, .close(nil))
        case .hang: break
        case .garbage(let kind): broker.sendGarbage(kind, to: call.pending)
        }
    }
}

/// All kinds of requests, by number.
enum BrokerAPIs {
    static let all: [any BrokerAPI.Type] = [
        ProduceAPI.self, FetchAPI.self, ListOffsetsAPI.self, MetadataAPI.self, OffsetCommitAPI.self,
        OffsetFetchAPI.self, FindCoordinatorAPI.self, JoinGroupAPI.self, HeartbeatAPI.self, LeaveGroupAPI.self,
        SyncGroupAPI.self, DescribeGroupsAPI.self, ListGroupsAPI.self, ApiVersionsAPI.self, CreateTopicsAPI.self,
        DeleteTopicsAPI.self, DeleteRecordsAPI.self, InitProducerIdAPI.self, OffsetForLeaderEpochAPI.self,
        DescribeConfigsAPI.self, DeleteGroupsAPI.self, IncrementalAlterConfigsAPI.self, OffsetDeleteAPI.self,
        DescribeClusterAPI.self,
    ]

    static func find(_ key: Int16) -> (any BrokerAPI.Type)? { all.first { $0.key == key } }

    static func namesTopics(_ key: Int16) -> Bool { find(key)?.namesTopics ?? false }
}
