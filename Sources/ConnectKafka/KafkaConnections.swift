package import ConnectConfig
package import ConnectModel
package import EventLoop
import KafkaClient
import Logging
import Settings
import Synchronization

/// Kafka as connectors see it: senders and receivers with Connect's layers of client settings, on shared connections.
///
/// Clients with equal cluster and security settings share one ``KafkaCluster``. Everything of `KafkaClient` lives on the loop;
/// lanes ask it through ``LoopCall``.
package final class KafkaConnections: KafkaPorts {
    let worker: WorkerConfig
    let layers: ClientLayers
    private let overrides: OverrideRules
    let loop: EventLoop
    let state: Confined<ClusterTable>
    /// Of a distributed worker: open while its session with its group stands; else nothing is written to any cluster.
    private let gate: SessionGate?
    private let waiting = Mutex<String?>("the first connection")
    private static let log = Logger("connect.kafka")

    /// - Parameters:
    ///   - loop: the loop that all Kafka clients live on.
    ///   - needsSession: whether a distributed worker writes as a member of its group only. False for whoever uses the internal
    ///     topics without ever joining.
    package init(worker: WorkerConfig, loop: EventLoop, pool: BlockingPool, needsSession: Bool = true) {
        self.worker = worker
        layers = ClientLayers(worker)
        overrides = OverrideRules(worker.settings)
        self.loop = loop
        gate = worker.isDistributed && needsSession ? SessionGate() : nil
        state = Confined(ClusterTable(loop: loop, pool: pool, gate: gate), to: loop)
    }

    // MARK: - The worker's own connection

    /// What the worker's own clients are set to; one for all, so that they share connections and metadata.
    private var ownProperties: [String: String] {
        var properties = layers.internalClient("shared-admin")
        // The worker's own connection looks often while it waits, so that it is ready within a second of the broker.
        if properties["reconnect.backoff.max.ms"] == nil { properties["reconnect.backoff.max.ms"] = "250" }
        return properties
    }

    package func whenConnected(_ done: @escaping @Sendable (_ clusterID: String?) -> Void) {
        let settled = ownProperties
        loop.execute { [self] in
            let settings: ClientSettings
            do throws(ClientError) {
                settings = try ClientSettings(settled, role: .admin)
            } catch {
                Self.log.error("The worker's client settings cannot be used: \(error.message)")
                return waiting.withLock { $0 = error.message }
            }
            let cluster = state.value.workersCluster(for: settings)
            cluster.observeState { [self] clusterState in
                waiting.withLock { $0 = clusterState == .connected ? nil : clusterState.description }
            }
            let isDone = Once()
            cluster.observeMetadata { snapshot in
                guard !snapshot.brokers.isEmpty, isDone.first() else { return }
                done(snapshot.clusterID)
            }
            cluster.refreshMetadata(reason: "the worker starts")
        }
    }

    /// The membership of this worker in its group, on the worker's own connections. Once, for a distributed worker; not on
    /// the loop of the Kafka clients.
    ///
    /// - Parameter workerID: `host:port` of its REST API, from which the broker makes the member id where `client.id` is not
    ///   set.
    /// - Throws: `config.missing-key` without `group.id`, `config.invalid` for settings that cannot be used.
    package func makeWorkerGroup(workerID: String) throws(ConnectError) -> any WorkerGroup {
        let membership = try KafkaWorkerGroup.settings(worker, workerID: workerID)
        let settings: ClientSettings
        do throws(ClientError) {
            settings = try ClientSettings(ownProperties, role: .admin)
        } catch {
            throw ConnectError(error)
        }
        return LoopCall.wait(on: loop) { [state, gate] in
            KafkaWorkerGroup(
                GroupMembership(cluster: state.value.workersCluster(for: settings), settings: membership, gate: gate))
        }
    }

    package var waitingFor: String? { waiting.withLock { $0 } }

    // MARK: - Tasks

    package func makeSender(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordSender {
        let texts = config.texts
        try checkOverrides([.producer, .admin], texts)
        warnOfUnknown(.producer, config, task)
        let settings = try clientSettings(
            layers.sourceProducer(task.connector, task: Int(task.number), config: texts), .producer, task)
        if !settings.producer.isIdempotent {
            let order = settings.producer.maxInFlight > 1 ? ", and change their order" : ""
            Self.log.warning(
                "acks, retries, enable.idempotence or max.in.flight.requests.per.connection switch idempotence off: retries may write "
                    + "records twice" + order, [.connector(task.connector), .task(task.description)])
        }
        var creator: TopicCreator?
        if worker.topicCreationEnabled, TopicCreation.isWanted(by: texts) {
            let rules: TopicCreation
            do throws(SettingsError) {
                rules = try TopicCreation(texts)
            } catch {
                throw ConnectError(.configInvalid, error.description)
            }
            warnOfUnknown(.admin, config, task)
            let admin = try clientSettings(
                layers.admin(clientID: "connector-adminclient-\(task)", config: texts), .admin, task)
            creator = TopicCreator(rules: rules, loop: loop, clusters: state, settings: admin, wake: wake)
        }
        let state = state
        // A topic that the connector describes must not come into being in another shape by being asked for.
        let createsTopics = creator == nil
        let topicIsMissing = creator?.topicIsMissing
        let (producer, use) = LoopCall.wait(on: loop) {
            let (cluster, use) = state.value.use(settings)
            let producer = Producer(
                cluster: cluster, settings: settings, createsTopics: createsTopics,
                topicIsMissing: { topicIsMissing?($0) }, wake: wake)
            return (producer, use)
        }
        return KafkaRecordSender(producer: producer, topics: creator, use: use)
    }

    package func makeReceiver(
        task: TaskID, config: ConfigMap, wake: @escaping @Sendable () -> Void
    ) throws(ConnectError) -> any RecordReceiver {
        try checkOverrides([.consumer], config.texts)
        warnOfUnknown(.consumer, config, task)
        let settings = try clientSettings(
            layers.sinkConsumer(task.connector, task: Int(task.number), config: config.texts), .consumer, task)
        let state = state
        let made: Result<(Consumer, ClusterUse), ClientError> = LoopCall.wait(on: loop) {
            Result { () throws(ClientError) -> (Consumer, ClusterUse) in
                let (cluster, use) = state.value.use(settings)
                return (try Consumer(cluster: cluster, settings: settings, wake: wake), use)
            }
        }
        let consumer: Consumer
        let use: ClusterUse
        do throws(ClientError) {
            (consumer, use) = try made.get()
        } catch {
            throw ConnectError(error)
        }
        try subscribe(consumer, config)
        let session = gate.map { SessionWait($0, wake: wake) }
        return KafkaRecordReceiver(consumer: consumer, use: use, session: session)
    }

    /// What validation refuses is refused here again, for a configuration that came by another way.
    private func checkOverrides(_ kinds: [ClientKind], _ config: [String: String]) throws(ConnectError) {
        let refusals = kinds.flatMap { overrides.refusals($0, in: config) }
        guard !refusals.isEmpty else { return }
        throw ConnectError(
            .configOverrideRefused,
            "Client Config Overrides not allowed: "
                + refusals.map { "\($0.key): \($0.message)" }.joined(separator: "; "))
    }

    /// What the worker's own file says is told with that file.
    private func warnOfUnknown(_ client: ClientKind, _ config: ConfigMap, _ task: TaskID) {
        for (_, message) in UnknownClientKeys.overrides(of: client, in: config) {
            Self.log.warning(message, [.connector(task.connector), .task(task.description)])
        }
    }

    private func subscribe(_ consumer: Consumer, _ config: ConfigMap) throws(ConnectError) {
        if let regex = config["topics.regex"], !regex.isEmpty {
            let pattern: Pattern
            do throws(PatternError) {
                pattern = try Pattern(regex)
            } catch {
                throw ConnectError(
                    .configInvalid,
                    "Invalid value \(regex) for configuration topics.regex: Invalid regex: \(error.description)")
            }
            consumer.subscribe(matching: { topic in
                do throws(PatternError) {
                    return try pattern.matchesWhole(topic)
                } catch {
                    // The match ran into its limits: such a topic is not taken rather than taken by chance.
                    return false
                }
            })
            return
        }
        var topics: [String] = []
        for topic in (config["topics"] ?? "").split(separator: ",") {
            let name = topic.trimmingSpaces()
            if !name.isEmpty, !topics.contains(where: name.isExactly) { topics.append(name) }
        }
        consumer.subscribe(topics: topics)
    }

    private func clientSettings(
        _ properties: [String: String], _ role: ClientSettings.Role, _ task: TaskID
    ) throws(ConnectError) -> ClientSettings {
        do throws(ClientError) {
            let settings = try ClientSettings(properties, role: role)
            if !settings.keysWithoutMeaning.isEmpty {
                Self.log.warning(
                    "These client settings have no meaning here: \(settings.keysWithoutMeaning.joined(separator: ", "))",
                    [.connector(task.connector), .task(task.description)])
            }
            return settings
        } catch {
            throw ConnectError(error)
        }
    }

    // MARK: - Groups

    package func groupOffsets(
        _ connector: String, config: ConfigMap,
        _ done: @escaping @Sendable (Result<[TopicPartitionOffset], ConnectError>) -> Void
    ) {
        withAdmin(connector, config, { done(.failure($0)) }) { admin, group, use in
            admin.groupOffsets(group: group) { result in
                use.end()
                done(
                    result.map { offsets in
                        offsets.map {
                            TopicPartitionOffset(
                                TopicPartition(topic: $0.partition.topic, partition: $0.partition.partition), $0.offset)
                        }
                    }.mapError { ConnectError($0) })
            }
        }
    }

    package func alterGroupOffsets(
        _ connector: String, config: ConfigMap, _ changes: [GroupOffsetChange],
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        withAdmin(connector, config, done) { admin, group, use in
            GroupOffsetChanges(admin: admin, group: group, changes: changes).run { error in
                use.end()
                done(error.map { ConnectError($0) })
            }
        }
    }

    package func deleteGroup(
        _ connector: String, config: ConfigMap, _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        withAdmin(connector, config, done) { admin, group, use in
            admin.deleteGroup(group) { result in
                use.end()
                if case .failure(let error) = result { done(ConnectError(error)) } else { done(nil) }
            }
        }
    }

    /// Runs a call of the administrator on the loop, with the group of a sink connector. The call ends the use of the cluster.
    private func withAdmin(
        _ connector: String, _ config: ConfigMap, _ failed: @escaping @Sendable (ConnectError) -> Void,
        _ call: @escaping @Sendable (Admin, String, ClusterUse) -> Void
    ) {
        let properties = layers.admin(clientID: "connector-worker-adminclient-\(connector)", config: config.texts)
        let group = config["consumer.override.group.id"] ?? ClientLayers.sinkGroup(connector)
        loop.execute { [state] in
            do throws(ClientError) {
                let settings = try ClientSettings(properties, role: .admin)
                let (cluster, use) = state.value.use(settings)
                call(Admin(cluster: cluster), group, use)
            } catch {
                failed(ConnectError(error))
            }
        }
    }

    package func close(_ done: @escaping @Sendable () -> Void) {
        loop.execute { [state] in
            state.value.close()
            done()
        }
    }
}

/// True the first time only. Confined to the loop.
private final class Once {
    private var isTaken = false

    func first() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }
}

extension ConfigMap {
    /// The texts by key; keys that are null are left out.
    var texts: [String: String] {
        var result: [String: String] = [:]
        for entry in entries { result[entry.key] = entry.value }
        return result
    }
}

extension Substring {
    /// The text without blanks around it.
    func trimmingSpaces() -> String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
