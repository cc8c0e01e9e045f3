package import ConnectModel
import EventLoop
import KafkaClient
import Logging
import Synchronization

/// One of the cluster's three internal topics as a log: created where it is missing, checked where it is not.
///
/// Thread-safe; closures run on the loop of all Kafka clients. Source: `KafkaTopicBasedBackingStore`.
package final class InternalTopic: ClusterLog {
    private typealias Job = (TopicLog) -> Void

    /// How far the log is. Touched on the loop only.
    private final class Progress {
        var log: TopicLog?
        var error: ConnectError?
        /// Calls that came before the topic was sure.
        var early: [(job: Job, failed: (ConnectError) -> Void)] = []
        var isStarted = false
        var isClosed = false
    }

    private static let logger = Logger("connect.kafka.topics")
    private let plan: InternalTopicPlan
    private let clients: Clients
    private let loop: EventLoop
    private let clusters: Confined<ClusterTable>
    private let progress: Confined<Progress>
    private let waiting = Mutex<String?>(nil)

    /// The settings of the clients that serve the topic.
    struct Clients: Sendable {
        let admin: ClientSettings
        let consumer: ClientSettings
        let producer: ClientSettings
    }

    init(plan: InternalTopicPlan, clients: Clients, loop: EventLoop, clusters: Confined<ClusterTable>) {
        self.plan = plan
        self.clients = clients
        self.loop = loop
        self.clusters = clusters
        progress = Confined(Progress(), to: loop)
    }

    /// The topic's name.
    package var name: String { plan.topic.name }

    /// What the start waits for, as a clause for an operator; nil while it waits for nothing. Any thread.
    package var waitingFor: String? { waiting.withLock { $0 } }

    package func start(
        _ observer: @escaping @Sendable ([LogRecord]) -> Void, done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        loop.execute { [self] in
            let progress = progress.value
            guard !progress.isStarted, !progress.isClosed else {
                return done(ConnectError(.workerFailed, "The log of topic \(name) is started or closed already"))
            }
            progress.isStarted = true
            let setup = InternalTopicSetup(
                plan: plan, cluster: clusters.value.workersCluster(for: clients.admin), settings: clients.admin,
                report: { [self] text in waiting.withLock { $0 = text } }, isAbandoned: { progress.isClosed })
            setup.run { [self] result in
                switch result {
                case .failure(let error): failed(error, done)
                case .success(let outcome): read(createsTopic: outcome == .assumed, observer, done)
                }
            }
        }
    }

    package func append(
        _ entries: [LogEntry], inSession: Bool, done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        let entries = entries.map { TopicLog.Entry(key: $0.key, value: $0.value) }
        withLog(
            { log in log.append(entries, inSession: inSession) { done($0.map { ConnectError($0) }) } }, failed: done)
    }

    package func readToEnd(afterOwnWrites: Bool, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        withLog(
            { log in log.readToEnd(afterOwnWrites: afterOwnWrites) { done($0.map { ConnectError($0) }) } }, failed: done
        )
    }

    package func close(_ done: @escaping @Sendable () -> Void) {
        loop.execute { [self] in
            let progress = progress.value
            guard !progress.isClosed else { return done() }
            progress.isClosed = true
            fail(ConnectError(.workerStopping, "The log of topic \(name) was closed"))
            guard let log = progress.log else { return done() }
            log.close(done)
        }
    }

    // MARK: - On the loop

    private func read(
        createsTopic: Bool, _ observer: @escaping @Sendable ([LogRecord]) -> Void,
        _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        let progress = progress.value
        guard !progress.isClosed else {
            return done(ConnectError(.workerStopping, "The log of topic \(name) was closed"))
        }
        let log: TopicLog
        do throws(ClientError) {
            var wanted = TopicLog.Clients(
                consumer: clients.consumer, producer: clients.producer, createsTopic: createsTopic,
                usesFirstPartitionOnly: plan.hasOnePartition)
            wanted.failsWithoutSession = plan.isOfTasks
            wanted.whenMadeAnew = { [plan] in Self.logger.error(plan.madeAnew) }
            log = try TopicLog(
                cluster: clusters.value.workersCluster(for: clients.consumer), topic: name, clients: wanted)
        } catch {
            return failed(ConnectError(error), done)
        }
        progress.log = log
        waiting.withLock { $0 = "topic \(name) (\(plan.key)) to be read to its end" }
        log.start(
            { records in
                observer(
                    records.map {
                        LogRecord(partition: $0.partition, offset: $0.offset, key: $0.key, value: $0.value)
                    })
            },
            done: { [self] result in
                waiting.withLock { $0 = nil }
                switch result {
                case .failure(let error): failed(ConnectError(error), done)
                case .success(let count):
                    if let error = plan.partitionProblem(count) { failed(error, done) } else { done(nil) }
                }
            })
        let early = progress.early
        progress.early = []
        for call in early { call.job(log) }
    }

    private func failed(_ error: ConnectError, _ done: (ConnectError?) -> Void) {
        fail(error)
        done(error)
    }

    /// Nothing more is taken; what came early is answered.
    private func fail(_ error: ConnectError) {
        let progress = progress.value
        progress.error = progress.error ?? error
        let early = progress.early
        progress.early = []
        for call in early { call.failed(error) }
    }

    private func withLog(
        _ job: @escaping @Sendable (TopicLog) -> Void, failed: @escaping @Sendable (ConnectError?) -> Void
    ) {
        loop.execute { [self] in
            let progress = progress.value
            if let error = progress.error { return failed(error) }
            if let log = progress.log { return job(log) }
            progress.early.append((job, { failed($0) }))
        }
    }
}
