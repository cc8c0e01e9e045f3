import ConnectConfig
package import ConnectModel
import KafkaClient

// The three topics by which the workers of a cluster share their state, with the settings that Apache's worker gives
// their clients. Source: `KafkaConfigBackingStore`, `KafkaStatusBackingStore`, `KafkaOffsetBackingStore`.
extension KafkaConnections {
    /// The log of configurations, target states and session keys.
    ///
    /// - Throws: `config.invalid` or `config.missing-key` for settings that no client can be made with.
    package func makeConfigLog() throws(ConnectError) -> InternalTopic { try internalTopic(.config) }

    /// The log of connectors' and tasks' states. Its writes are given up after `delivery.timeout.ms` and not repeated.
    package func makeStatusLog() throws(ConnectError) -> InternalTopic { try internalTopic(.status) }

    /// The source offsets of all connectors. To be started before it is asked.
    package func makeOffsetStore() throws(ConnectError) -> TopicOffsetStore {
        TopicOffsetStore(log: try internalTopic(.offset), topic: worker.storageTopic(.offset) ?? "")
    }

    private func internalTopic(_ kind: WorkerConfig.InternalTopic) throws(ConnectError) -> InternalTopic {
        let topics = InternalTopicLayers(worker: worker, layers: layers)
        return InternalTopic(
            plan: try topics.plan(kind), clients: try topics.clients(kind), loop: loop, clusters: state)
    }
}

/// What the worker's configuration says of an internal topic and of its clients.
struct InternalTopicLayers {
    let worker: WorkerConfig
    let layers: ClientLayers

    /// The topic as it is to be created.
    func plan(_ kind: WorkerConfig.InternalTopic) throws(ConnectError) -> InternalTopicPlan {
        let key = "\(kind.rawValue).storage.topic"
        guard let name = worker.storageTopic(kind), !name.isEmpty else {
            throw ConnectError(
                .configMissingKey, "\(key) is missing: name the topic that all workers of the group share")
        }
        // In the order of their names, so that requests are the same every time.
        var configs = worker.storageTopicSettings(kind).sorted { $0.key < $1.key }.map {
            (key: $0.key, value: $0.value)
        }
        configs.append((key: "cleanup.policy", value: "compact"))
        return InternalTopicPlan(
            key: key,
            topic: NewTopic(
                name: name, partitionCount: Int32(clamping: worker.storagePartitions(kind)),
                replicationFactor: Int16(clamping: worker.storageReplicationFactor(kind)), configs: configs),
            bootstrapServers: worker.bootstrapServers.joined(separator: ","), content: Self.content(kind),
            remedy: Self.remedy(kind), hasOnePartition: kind == .config, isOfTasks: kind == .offset)
    }

    /// The settings of its clients.
    func clients(_ kind: WorkerConfig.InternalTopic) throws(ConnectError) -> InternalTopic.Clients {
        do throws(ClientError) {
            return InternalTopic.Clients(
                admin: try ClientSettings(layers.internalClient("shared-admin"), role: .admin),
                consumer: try ClientSettings(consumer(kind), role: .consumer),
                producer: try ClientSettings(producer(kind), role: .producer))
        } catch {
            throw ConnectError(error)
        }
    }

    func consumer(_ kind: WorkerConfig.InternalTopic) -> [String: String] {
        Self.consumer(kind, layers: layers, isExactlyOnce: worker.exactlyOnceSourceSupport == "enabled")
    }

    static func consumer(
        _ kind: WorkerConfig.InternalTopic, layers: ClientLayers, isExactlyOnce: Bool
    ) -> [String: String] {
        var settings = layers.internalClient(suffix(kind))
        settings["group.id"] = nil
        settings["auto.offset.reset"] = "earliest"
        settings["enable.auto.commit"] = "false"
        if kind != .status, isExactlyOnce { settings["isolation.level"] = "read_committed" }
        return settings
    }

    func producer(_ kind: WorkerConfig.InternalTopic) -> [String: String] {
        Self.producer(kind, layers: layers)
    }

    static func producer(_ kind: WorkerConfig.InternalTopic, layers: ClientLayers) -> [String: String] {
        var settings = layers.internalClient(suffix(kind))
        settings["acks"] = "all"
        settings["max.in.flight.requests.per.connection"] = "1"
        settings["enable.idempotence"] = "false"
        settings["linger.ms"] = "0"
        switch kind {
        case .config, .offset: settings["delivery.timeout.ms"] = String(Int32.max)
        case .status: settings["retries"] = "0"
        }
        return settings
    }

    private static func suffix(_ kind: WorkerConfig.InternalTopic) -> String {
        switch kind {
        case .config: "configs"
        case .offset: "offsets"
        case .status: "statuses"
        }
    }

    private static func remedy(_ kind: WorkerConfig.InternalTopic) -> String {
        switch kind {
        case .config:
            "Before any worker is restarted, read GET /connectors?expand=info here and PUT each configuration again, with some "
                + "change where one of Apache's workers leads; or restart all workers to begin with what the topic holds."
        case .offset:
            "Tasks that go on store their next offsets there. For connectors that are stopped or idle, read "
                + "GET /connectors/NAME/offsets here before any worker is restarted, and PATCH them again."
        case .status:
            "Each status comes back with its next change; POST /connectors/NAME/restart?includeTasks=true tells it at once."
        }
    }

    private static func content(_ kind: WorkerConfig.InternalTopic) -> String {
        switch kind {
        case .config: "connector configurations"
        case .offset: "source connector offsets"
        case .status: "connector and task statuses"
        }
    }
}
