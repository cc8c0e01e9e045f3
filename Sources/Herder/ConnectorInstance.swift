import ConnectModel
import EventLoop
import Logging
import Synchronization

/// One instance of a connector's plugin class with the lane that all its calls are made on.
///
/// Made on the herder's loop. ``call(_:_:)`` and ``interrupt()`` return at once; what they run, runs on lanes.
final class ConnectorInstance: Sendable {
    /// The plugin's object. Guarded by `port`'s lock: only the lane stores it and calls it, `interrupt` alone may be called
    /// by another thread, and holds the lock so that the object is not freed under it.
    private struct Port: @unchecked Sendable {
        var object: (any ConnectorPort)?
        /// Hidden as long as the object may tell them: of its configuration and the one before.
        var secrets: [SecretHold] = []
    }

    /// What a call is made on.
    typealias Made = (object: any ConnectorPort, config: ConfigMap, secrets: SecretHold)

    let number: UInt64
    private let lane: Lane
    private let interruptLane: Lane
    private let port = Mutex(Port())
    /// False once what it does is to come to its end: a wait within it ends as well.
    private let isGoingOn = Atomic<Bool>(true)

    /// An instance without its plugin object, which the first call makes.
    init(_ connector: String, number: UInt64, pool: BlockingPool) {
        self.number = number
        lane = pool.makeLane("connector \(connector)", for: .connector)
        interruptLane = pool.makeLane("interrupt \(connector)", for: .interrupt)
    }

    /// Whether a call may wait for what it needs, as for offsets that cannot be read at the moment. Any thread.
    var isWanted: Bool { isGoingOn.load(ordering: .acquiring) }

    /// Makes the plugin's object and starts it, on the lane.
    ///
    /// - Parameters:
    ///   - make: gives the object, its resolved configuration and the secrets therein.
    ///   - done: called on the lane; an error of the object's own `start` comes with `true`.
    func start(
        _ make: @escaping @Sendable () throws(ConnectError) -> Made,
        _ done: @escaping @Sendable (ConnectError?, _ inStart: Bool) -> Void
    ) {
        lane.submit {
            let made: Made
            do throws(ConnectError) {
                made = try make()
            } catch {
                return done(error, false)
            }
            self.keep(made)
            do throws(ConnectError) {
                try made.object.start(made.config)
                done(nil, true)
            } catch {
                self.destroy()
                done(made.secrets.hide(error), true)
            }
        }
    }

    /// Makes the plugin's object for one call and frees it after that, without ever starting it.
    func borrow<Answer: Sendable>(
        _ make: @escaping @Sendable () throws(ConnectError) -> Made,
        _ body: @escaping @Sendable (any ConnectorPort, ConfigMap) throws(ConnectError) -> Answer,
        _ done: @escaping @Sendable (Result<Answer, ConnectError>) -> Void
    ) {
        lane.submit {
            let made: Made
            do throws(ConnectError) {
                made = try make()
            } catch {
                return done(.failure(error))
            }
            self.keep(made)
            let result = Result { () throws(ConnectError) in try body(made.object, made.config) }
            self.destroy()
            done(result.mapError(made.secrets.hide))
        }
    }

    /// Makes a call on the lane; `done` is called there too.
    func call<Answer: Sendable>(
        _ body: @escaping @Sendable (any ConnectorPort) throws(ConnectError) -> Answer,
        _ done: @escaping @Sendable (Result<Answer, ConnectError>) -> Void
    ) {
        isGoingOn.store(true, ordering: .releasing)
        lane.submit {
            let port = self.port.withLock { $0 }
            guard let object = port.object else {
                return done(.failure(ConnectError(.workerFailed, "The connector's instance is gone")))
            }
            let result = Result { () throws(ConnectError) in try body(object) }
            done(result.mapError { port.secrets.last?.hide($0) ?? $0 })
        }
    }

    /// Hides what a new configuration brings, and goes on hiding what the one before had.
    func hide(_ secrets: SecretHold) { port.withLock { $0.secrets = $0.secrets.suffix(1) + [secrets] } }

    /// Stops the plugin's object and frees it, on the lane.
    func stop(_ done: @escaping @Sendable (ConnectError?) -> Void) {
        isGoingOn.store(false, ordering: .releasing)
        lane.submit {
            let port = self.port.withLock { $0 }
            var failure: ConnectError?
            do throws(ConnectError) {
                try port.object?.stop()
            } catch {
                failure = port.secrets.last?.hide(error) ?? error
            }
            self.destroy()
            done(failure)
        }
    }

    /// Makes the call that is under way return. Runs on a lane of its own, since a bad plugin may hang here too.
    func interrupt() {
        isGoingOn.store(false, ordering: .releasing)
        interruptLane.submit { self.port.withLock { $0.object?.interrupt() } }
    }

    /// Leaves the instance to the call that never returns. An interruption given before is still carried out.
    func abandon() {
        // A call that waits for offsets has nobody to wait for any more.
        isGoingOn.store(false, ordering: .releasing)
        lane.abandon()
    }

    private func keep(_ made: Made) {
        port.withLock { port in
            port.object = made.object
            port.secrets = [made.secrets]
        }
    }

    private func destroy() {
        port.withLock { port in
            port.object?.destroy()
            port.object = nil
            port.secrets = []
        }
    }
}
