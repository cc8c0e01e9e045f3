import ConnectModel
import EventLoop
import KafkaClient
import Logging

/// What is known of an internal topic before it is there.
struct InternalTopicPlan: Sendable {
    /// Key that names the topic, such as `config.storage.topic`.
    let key: String
    let topic: NewTopic
    /// Where the brokers are, for the commands that messages name.
    let bootstrapServers: String
    /// What would be lost with a topic that is not compacted, for the message.
    let content: String
    /// How what a topic made anew has lost comes back, for the message.
    let remedy: String
    /// Whether exactly one partition is wanted of a topic that exists.
    let hasOnePartition: Bool
    /// Whether tasks write it; see ``TopicLog/Clients/failsWithoutSession``.
    var isOfTasks = false
}

/// Makes sure of one internal topic: creates it compacted, or checks one that exists. Confined to the loop; alive until its
/// answer.
///
/// Waits for brokers without end. Too few brokers for the replication factor are waited for as long as Java does
/// (`default.api.timeout.ms`), since that may be a mistake. Source: `TopicAdmin.createTopicsWithRetry`,
/// `TopicAdmin.verifyTopicCleanupPolicyOnlyCompact`, `KafkaTopicBasedBackingStore.topicInitializer`.
final class InternalTopicSetup {
    /// How the topic stands.
    enum Outcome: Equatable {
        /// It was created, or exists and is compacted.
        case sure
        /// It may neither be created nor be asked for: it exists, or the brokers create it with the first request for it.
        case assumed
    }

    private let plan: InternalTopicPlan
    private let admin: Admin
    private let loop: EventLoop
    private let timeout: UInt64
    private let pause: UInt64
    private let report: (String?) -> Void
    private let isAbandoned: () -> Bool
    private static let log = Logger("connect.kafka.topics")

    /// - Parameters:
    ///   - settings: of the administrator.
    ///   - report: is told what is waited for, nil for nothing.
    ///   - isAbandoned: whether nobody waits for the answer any more.
    init(
        plan: InternalTopicPlan, cluster: KafkaCluster, settings: ClientSettings,
        report: @escaping (String?) -> Void, isAbandoned: @escaping () -> Bool
    ) {
        self.plan = plan
        admin = Admin(cluster: cluster, settings: settings)
        loop = cluster.loop
        timeout = settings.apiTimeout
        pause = max(settings.retryBackoff.initial, 1_000_000)
        self.report = report
        self.isAbandoned = isAbandoned
    }

    func run(_ done: @escaping (Result<Outcome, ConnectError>) -> Void) {
        create(shortSince: nil) { [report] result in
            report(nil)
            done(result)
        }
    }

    /// - Parameter shortSince: when the brokers were first too few.
    private func create(shortSince: UInt64?, _ done: @escaping (Result<Outcome, ConnectError>) -> Void) {
        report("topic \(plan.topic.name) (\(plan.key)) to be created or found")
        admin.createTopic(plan.topic) { [self] result in
            switch result {
            case .success(.created):
                Self.log.info("Created an internal topic", [LogField("topic", plan.topic.name)])
                done(.success(.sure))
            case .success(.alreadyExists):
                checkPolicy(.sure, done)
            case .failure(let error):
                if error.brokerCode == Self.invalidReplicationFactor {
                    return brokersAreShort(since: shortSince, error, done)
                }
                if Self.mayNotAsk(error) {
                    Self.log.info(
                        "May not create an internal topic and takes it to exist: \(error.message)",
                        [LogField("topic", plan.topic.name)])
                    return checkPolicy(.assumed, done)
                }
                guard error.isRetriable else { return done(.failure(refused(error))) }
                again(error, done) { [self] in create(shortSince: shortSince, done) }
            }
        }
    }

    private func brokersAreShort(
        since: UInt64?, _ error: ClientError, _ done: @escaping (Result<Outcome, ConnectError>) -> Void
    ) {
        let now = EventLoop.now()
        if since == nil { Self.log.warning("\(refused(error).message); waiting for brokers for a while") }
        let since = since ?? now
        guard now - since < timeout else { return done(.failure(refused(error))) }
        again(error, done) { [self] in create(shortSince: since, done) }
    }

    /// `compact` and nothing else will do: another policy removes records that nothing can bring back.
    private func checkPolicy(_ outcome: Outcome, _ done: @escaping (Result<Outcome, ConnectError>) -> Void) {
        admin.topicConfig(plan.topic.name) { [self] result in
            switch result {
            case .success(let settings):
                guard let policy = settings["cleanup.policy"] else {
                    Self.log.warning(
                        "The brokers do not tell the cleanup policy of an internal topic; it must be compact",
                        [LogField("topic", plan.topic.name)])
                    return checkPartitions(outcome, done)
                }
                guard Self.isCompact(policy) else { return done(.failure(notCompact(policy))) }
                checkPartitions(outcome, done)
            case .failure(let error):
                let isUnknown = error.brokerCode == Self.unknownTopic
                if Self.mayNotAsk(error) || (isUnknown && outcome == .assumed) {
                    Self.log.warning(
                        "The cleanup policy of an internal topic cannot be read; it must be compact: \(error.message)",
                        [LogField("topic", plan.topic.name)])
                    return checkPartitions(outcome, done)
                }
                guard error.isRetriable else { return done(.failure(refused(error))) }
                again(error, done) { [self] in checkPolicy(outcome, done) }
            }
        }
    }

    private func checkPartitions(_ outcome: Outcome, _ done: @escaping (Result<Outcome, ConnectError>) -> Void) {
        guard plan.hasOnePartition else { return done(.success(outcome)) }
        admin.describeTopics([plan.topic.name]) { [self] result in
            switch result {
            case .success(let topics):
                let count = topics.first { $0.name == plan.topic.name && $0.errorCode == 0 }?.partitions.count
                if let error = count.flatMap({ plan.partitionProblem($0) }) { return done(.failure(error)) }
                done(.success(outcome))
            case .failure(let error):
                // The reader sees the partitions too, and waits for them.
                guard error.isRetriable else { return done(.success(outcome)) }
                again(error, done) { [self] in checkPartitions(outcome, done) }
            }
        }
    }

    private func again(
        _ error: ClientError, _ done: @escaping (Result<Outcome, ConnectError>) -> Void, _ step: @escaping () -> Void
    ) {
        guard !isAbandoned() else { return done(.failure(ConnectError(.workerStopping, "The log was closed"))) }
        report("topic \(plan.topic.name) (\(plan.key)): \(error.message)")
        loop.schedule(at: EventLoop.now() &+ pause) { step() }
    }
}

extension InternalTopicSetup {
    private static let unknownTopic: Int16 = 3
    private static let invalidReplicationFactor: Int16 = 38

    /// Whether the brokers answer such requests to nobody, or not to this principal.
    private static func mayNotAsk(_ error: ClientError) -> Bool {
        error.kind == .authorization || error.code == .unsupportedVersion || error.brokerCode == 35
    }

    static func isCompact(_ policy: String) -> Bool {
        policy.split(separator: ",").map { $0.trimmingSpaces() } == ["compact"]
    }

    private func refused(_ error: ClientError) -> ConnectError {
        guard error.brokerCode == Self.invalidReplicationFactor else {
            return ConnectError(
                error.kind == .authorization ? .kafkaAuthorization : .kafkaRefused,
                "Topic \(plan.topic.name) (\(plan.key)) can neither be created nor be used: \(error.message)")
        }
        let key = plan.key.dropLast("topic".utf8.count) + "replication.factor"
        return ConnectError(
            .configInvalid,
            "Topic \(plan.topic.name) (\(plan.key)) cannot be created with \(plan.topic.replicationFactor) replicas: set "
                + "\(key) to the number of brokers or less, or start the brokers that are missing: \(error.message)")
    }

    private func notCompact(_ policy: String) -> ConnectError {
        ConnectError(
            .configInvalid,
            "Topic \(plan.topic.name) (\(plan.key)) must have cleanup.policy=compact and has cleanup.policy=\(policy), "
                + "by which \(plan.content) would be lost. Name another topic, or run: kafka-configs --bootstrap-server "
                + "\(plan.bootstrapServers) --alter --entity-type topics --entity-name \(plan.topic.name) "
                + "--add-config cleanup.policy=compact")
    }
}

extension InternalTopicPlan {
    /// What to tell when the topic was deleted and made anew, or cut, behind the back of workers that have read it. Nothing of
    /// what they know is forgotten, as with Apache's worker: to stop all connectors because of it would only add to the harm.
    var madeAnew: String {
        "Topic \(topic.name) (\(key)) was deleted and made anew, or cut, while this worker ran: \(content) that it held are lost "
            + "there. This worker goes on with what it has read before and with what is in the topic now; a worker that is "
            + "started knows the latter alone. \(remedy)"
    }

    /// Why a topic with so many partitions will not do; nil where it will.
    func partitionProblem(_ count: Int) -> ConnectError? {
        guard hasOnePartition, count != 1 else { return nil }
        return ConnectError(
            .configInvalid,
            "Topic \(topic.name) (\(key)) must have exactly one partition, or workers would see changes in different "
                + "orders, and has \(count). Name another topic, which the worker creates, or make this one anew: "
                + "kafka-topics --bootstrap-server \(bootstrapServers) --create --topic NAME --partitions 1 "
                + "--replication-factor \(topic.replicationFactor) --config cleanup.policy=compact")
    }
}
