internal import Settings

/// The settings of the Kafka clients that serve connectors, layer by layer as in Apache's `Worker.java`; later layers win.
/// Only texts: what they mean is the client's business.
package struct ClientLayers: Sendable {
    private let worker: [String: String]
    private let bootstrapServers: String
    private let groupID: String?

    /// - Parameter worker: Everything of the worker's configuration, references resolved.
    package init(worker: [String: String], groupID: String?) {
        self.worker = worker
        self.groupID = groupID
        bootstrapServers = worker["bootstrap.servers"] ?? ""
    }

    package init(_ config: WorkerConfig) {
        self.init(worker: config.settings.originals, groupID: config.groupID)
    }

    /// The producer of a source task.
    package func sourceProducer(_ connector: String, task: Int, config: [String: String]) -> [String: String] {
        producer(clientID: "connector-producer-\(connector)-\(task)", config: config)
    }

    /// The producer of a source task in exactly-once mode: transactions, and nothing that would weaken them.
    package func transactionalProducer(_ connector: String, task: Int, config: [String: String]) -> [String: String] {
        var settings = sourceProducer(connector, task: task, config: config)
        settings["enable.idempotence"] = "true"
        settings["transactional.id"] = Self.transactionalID(group: groupID ?? "", connector: connector, task: task)
        return settings
    }

    /// The producer of dead letters of a sink task.
    package func deadLetterProducer(_ connector: String, task: Int, config: [String: String]) -> [String: String] {
        producer(clientID: "connector-dlq-producer-\(connector)-\(task)", config: config)
    }

    /// The producer of a connector's own offsets topic.
    package func offsetProducer(_ connector: String, config: [String: String]) -> [String: String] {
        producer(clientID: "connector-offset-producer-\(connector)", config: config)
    }

    /// The consumer of a sink task.
    package func sinkConsumer(_ connector: String, task: Int, config: [String: String]) -> [String: String] {
        var settings = consumer(clientID: "connector-consumer-\(connector)-\(task)")
        settings["group.id"] = Self.sinkGroup(connector)
        merge(worker, .consumer, into: &settings)
        override(config, .consumer, into: &settings)
        return settings
    }

    /// The consumer of a connector's own offsets topic.
    package func offsetConsumer(
        _ connector: String, task: Int, config: [String: String], exactlyOnce: Bool
    ) -> [String: String] {
        var settings = consumer(clientID: "connector-consumer-\(connector)-\(task)")
        settings["isolation.level"] = "read_committed"
        merge(worker, .consumer, into: &settings)
        override(config, .consumer, into: &settings)
        if exactlyOnce { settings["isolation.level"] = "read_committed" }
        return settings
    }

    /// The administrator of a connector: what of the worker's keys is not for another client comes first.
    package func admin(clientID: String, config: [String: String]) -> [String: String] {
        var settings = workerOwn()
        settings["client.id"] = clientID
        merge(worker, .admin, into: &settings)
        override(config, .admin, into: &settings)
        return settings
    }

    /// The clients of the worker itself: its keys without those of connectors' clients.
    package func internalClient(_ suffix: String) -> [String: String] {
        var settings = workerOwn()
        let own = worker["client.id"].map { $0.isEmpty ? "" : "-\($0)" } ?? ""
        settings["client.id"] = "\(groupID ?? "connect")\(own)-\(suffix)"
        return settings
    }

    /// The group of a sink connector that names no other.
    package static func sinkGroup(_ connector: String) -> String { "connect-\(connector)" }

    /// The transactional ID of a source task.
    package static func transactionalID(group: String, connector: String, task: Int) -> String {
        "\(group)-\(connector)-\(task)"
    }

    /// What a connector overrides for a kind of client, without the prefix.
    package static func overrides(_ kind: ClientKind, in config: [String: String]) -> [String: String] {
        var result: [String: String] = [:]
        let prefix = kind.overridePrefix
        for (key, value) in config where key.hasPrefix(prefix) && key.utf8.count > prefix.utf8.count {
            result[String(key.dropFirst(prefix.count))] = value
        }
        return result
    }

    // MARK: Layers

    private func producer(clientID: String, config: [String: String]) -> [String: String] {
        var settings = [
            "bootstrap.servers": bootstrapServers,
            "client.id": clientID,
            // Kept from Connect: a source waits for Kafka as long as it takes.
            "max.block.ms": String(Int64.max),
            "delivery.timeout.ms": String(Int32.max),
            "acks": "all",
            // Other than Connect, which sets neither idempotence nor more than one request in flight: the client's own
            // defaults stand, order and no duplicates by retries at full speed. Not written out, because an explicit
            // enable.idempotence turns a broker's refusal into an error (docs/differences.md).
            "batch.size": String(1 << 20),
        ]
        merge(worker, .producer, into: &settings)
        override(config, .producer, into: &settings)
        keepOrder(&settings)
        return settings
    }

    /// One request in flight where other keys rule out what keeps records in order with more of them; and no idempotence, as in
    /// Connect, where more are asked for than it allows. Keys that are set stay.
    private func keepOrder(_ settings: inout [String: String]) {
        func word(_ key: String) -> String? { settings[key]?.lowercased().filter { !$0.isWhitespace } }
        let inFlight = "max.in.flight.requests.per.connection"
        let idempotence = word("enable.idempotence")
        if idempotence == nil, let number = word(inFlight).flatMap(Int.init), number > Self.mostInFlight {
            settings["enable.idempotence"] = "false"
        }
        let isRuledOut = !["all", "-1"].contains(word("acks")) || word("retries").flatMap(Int.init) == 0
        guard idempotence == "false" || isRuledOut, settings[inFlight] == nil else { return }
        settings[inFlight] = "1"
    }

    /// Requests in flight with which an idempotent producer keeps its records in order.
    private static let mostInFlight = 5

    private func consumer(clientID: String) -> [String: String] {
        [
            "bootstrap.servers": bootstrapServers, "client.id": clientID, "enable.auto.commit": "false",
            "auto.offset.reset": "earliest",
        ]
    }

    private func workerOwn() -> [String: String] {
        var settings = worker.filter { key, _ in !ClientKind.allCases.contains { key.hasPrefix($0.workerPrefix) } }
        settings["bootstrap.servers"] = bootstrapServers
        return settings
    }

    private func merge(_ source: [String: String], _ kind: ClientKind, into settings: inout [String: String]) {
        let prefix = kind.workerPrefix
        for (key, value) in source where key.hasPrefix(prefix) && key.utf8.count > prefix.utf8.count {
            settings[String(key.dropFirst(prefix.count))] = value
        }
    }

    private func override(_ config: [String: String], _ kind: ClientKind, into settings: inout [String: String]) {
        settings.merge(Self.overrides(kind, in: config)) { $1 }
    }
}
