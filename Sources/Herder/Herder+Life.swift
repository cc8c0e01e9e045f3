import ClusterCore
package import ConnectModel
import EventLoop
import Logging

/// A connector that is started together with the worker.
package struct StartupConnector: Sendable {
    package let name: String
    package let config: ConfigMap
    package let initialState: TargetState?
    /// File that it came from, for messages.
    package let origin: String
    /// What is wrong with the file already; then the connector is not started.
    package let problem: ConnectError?
    /// Whether a refusal is the connector's own affair: it shows as FAILED, and the worker runs on.
    package let failsAlone: Bool
    /// Puts an error into the words of whoever wrote the file: with its name, and the places of the keys.
    private let place: (@Sendable (ConnectError) -> ConnectError)?

    /// A connector of a file.
    package init(
        name: String, config: ConfigMap, initialState: TargetState?, origin: String, problem: ConnectError? = nil,
        failsAlone: Bool, place: (@Sendable (ConnectError) -> ConnectError)? = nil
    ) {
        self.name = name
        self.config = config
        self.initialState = initialState
        self.origin = origin
        self.problem = problem
        self.failsAlone = failsAlone
        self.place = place
    }

    /// The reason why the connector is not what its file says, with the file's name.
    func placed(_ error: ConnectError) -> ConnectError {
        place?(error)
            ?? ConnectError(error.code, "\(origin): \(error.message)", detail: error.detail, keyErrors: error.keyErrors)
    }
}

/// What went wrong with a connector that was to be started together with the worker.
package struct StartupProblem: Sendable {
    package let connector: StartupConnector
    /// Its message names the file.
    package let error: ConnectError
}

// Up and down.
extension Herder {
    /// The end of the worker under way.
    struct Shutdown {
        let done: @Sendable () -> Void
        var hasFinished = false
    }

    /// After which the end goes on without the coordinator's answer. Nanoseconds.
    private static let leaveTime: UInt64 = 3_000_000_000
    /// After which the end goes on without connectors that take longer: their own 5 s, and a little. Nanoseconds.
    private static let shutdownReserve: UInt64 = 6_000_000_000

    /// Waits for Kafka without a limit, starts connectors in order, and is ready.
    ///
    /// - Parameters:
    ///   - failed: called when the worker cannot be part of its cluster, with the reason; it has to be stopped then.
    ///   - done: called once on the loop with what went wrong. Connectors that fail alone are among it; what the others mean
    ///     for the worker is the caller's decision, and the worker is ready either way.
    package nonisolated func start(
        _ connectors: [StartupConnector], failed: @escaping @Sendable (ConnectError) -> Void = { _ in },
        _ done: @escaping @Sendable ([StartupProblem]) -> Void
    ) {
        onLoop { herder in
            let wait = KafkaWait(herder.beginStage("waiting for Kafka"))
            herder.describe(wait)
            herder.dependencies.kafka.whenConnected { clusterID in
                herder.onLoop { herder in
                    wait.isOver = true
                    herder.endStage(wait.stage)
                    herder.clusterID = clusterID
                    herder.touch()
                    guard let cluster = herder.cluster else { return herder.startNext(connectors[...], [], done) }
                    herder.joinCluster(cluster, failed: failed) { $0.startNext(connectors[...], [], done) }
                }
            }
        }
    }

    /// The wait for Kafka at start. Confined to the herder's loop, which guards the unchecked conformance.
    private final class KafkaWait: @unchecked Sendable {
        var stage: StageBook.Token
        var reason: String?
        var isOver = false

        init(_ stage: StageBook.Token) { self.stage = stage }
    }

    /// Keeps the stage saying what is waited for, so that `/health` and STATUS name the broker and what it answered.
    private func describe(_ wait: KafkaWait) {
        guard !wait.isOver, shutdown == nil else { return }
        let reason = dependencies.kafka.waitingFor
        if let reason, reason != wait.reason {
            wait.reason = reason
            endStage(wait.stage)
            wait.stage = beginStage("waiting for Kafka (\(reason))")
        }
        _ = after(EventLoop.now() &+ 200_000_000) { $0.describe(wait) }
    }

    private func startNext(
        _ connectors: ArraySlice<StartupConnector>, _ problems: [StartupProblem],
        _ done: @escaping @Sendable ([StartupProblem]) -> Void
    ) {
        guard shutdown == nil, let connector = connectors.first else {
            if shutdown == nil { phase = .ready }
            // Whoever is told asks next, and REST answers from the picture.
            publish()
            return done(problems)
        }
        let rest = connectors.dropFirst()
        let once = Once()
        if connector.failsAlone {
            // One that hangs is its own affair, too.
            _ = after(EventLoop.now() &+ settings.slowCallTime) { herder in
                guard once.take() else { return }
                herder.logger.warning(
                    "The connector of \(connector.origin) does not come up; the worker starts without waiting for it any longer",
                    [.connector(connector.name)])
                let error = connector.placed(ConnectError(.taskHung, "The connector has not come up yet"))
                herder.startNext(rest, problems + [StartupProblem(connector: connector, error: error)], done)
            }
        }
        startOne(connector) { herder, error in
            let isAwaited = once.take()
            guard let error else { return isAwaited ? herder.startNext(rest, problems, done) : () }
            herder.logger.error(
                "A connector was not started: \(error.trace)",
                [.connector(connector.name), .errorCode(error.code.rawValue)])
            guard isAwaited else { return }
            herder.startNext(rest, problems + [StartupProblem(connector: connector, error: error)], done)
        }
    }

    func startOne(
        _ connector: StartupConnector, _ done: @escaping @Sendable (isolated Herder, ConnectError?) -> Void
    ) {
        let then: @Sendable (ConnectError?) -> Void = { error in self.onLoop { done($0, error) } }
        if let problem = connector.problem { return fail(connector, problem, then) }
        let command = Command.createConnector(
            name: connector.name, config: connector.config, initialState: connector.initialState)
        perform(command) { result in
            guard case .failure(let error) = result else { return then(nil) }
            let placed = connector.placed(error)
            // Whoever deleted it while it started wants to see nothing of it.
            guard error != Self.endedMeanwhile else { return then(placed) }
            self.onLoop { $0.fail(connector, placed, then) }
        }
    }

    /// Shows a refused connector as FAILED where that is wanted and it is not there already with a better configuration.
    ///
    /// - Parameter error: Names the connector's file.
    func fail(
        _ connector: StartupConnector, _ error: ConnectError, _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        guard connector.failsAlone, !connector.name.isEmpty, shutdown == nil,
            log.connector(connector.name) == nil || isRefused(connector.name)
        else { return done(error) }
        enqueue(
            ConfigChange(name: connector.name, kind: .fail(connector.config, error)) { _ in done(error) })
    }

    // MARK: - Down

    /// Stops connectors and tasks, with their last commits, fails the requests that wait, and closes Kafka's clients. A call
    /// of a plugin that does not return is left behind.
    ///
    /// - Parameter done: called once. The loop must run until then.
    package nonisolated func stop(_ done: @escaping @Sendable () -> Void) {
        onLoop { herder in
            guard herder.shutdown == nil else { return }
            herder.shutdown = Shutdown(done: done)
            herder.phase = .stopping
            _ = herder.beginStage("shutting down")
            let deadline =
                EventLoop.now() &+ max(herder.settings.taskShutdownTime, Self.shutdownReserve) &+ 1_000_000_000
            _ = herder.after(deadline) { $0.finishShutdown() }
            herder.feed { $0.end(at: $1) }
        }
    }

    /// Goes on once nothing is left of any connector, or its time is up.
    func finishShutdown() {
        guard let shutdown, !shutdown.hasFinished else { return }
        self.shutdown?.hasFinished = true
        for (name, connector) in machine.connectors.entries where !connector.hasEnded {
            logger.error("The connector did not end in time and is left behind", [.connector(name), .taskHungCode])
        }
        failWaiting()
        leaveCluster { herder in
            herder.dependencies.kafka.close {
                herder.onLoop { herder in
                    herder.phase = .stopped
                    herder.touch()
                    shutdown.done()
                }
            }
        }
    }

    /// The group is left last: until then nobody is given what ran here.
    private func leaveCluster(_ done: @escaping @Sendable (isolated Herder) -> Void) {
        guard let cluster, cluster.hasJoined else { return done(self) }
        let once = Once()
        _ = after(EventLoop.now() &+ Self.leaveTime) { if once.take() { done($0) } }
        cluster.parts.group.leave(reason: "the worker is shutting down") {
            self.onLoop { if once.take() { done($0) } }
        }
    }

    private func failWaiting() {
        let message = "The worker is shutting down"
        for (_, entry) in entries.entries {
            let replies = entry.waiters.map(\.reply) + entry.endWaiters + entry.restartWaiters.map(\.reply)
            entry.waiters = []
            entry.endWaiters = []
            entry.restartWaiters = []
            for reply in replies { refuse(reply, .workerStopping, message) }
        }
        for (_, queue) in changes.entries {
            for change in queue.all {
                refuse(change.reply, .workerStopping, message)
            }
        }
        changes.removeAll()
        feed { $0.failWaiters(at: $1) }
    }
}
