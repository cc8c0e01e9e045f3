import ConnectModel
import EventLoop
import Synchronization

/// One instance of a connector's plugin class with the lane that all its calls are made on.
///
/// Made on the herder's loop. ``call(_:_:)`` and ``interrupt()`` return at once; what they run, runs on lanes.
final class ConnectorInstance: Sendable {
    /// The plugin's object. Guarded by `port`'s lock: only the lane stores it and calls it, `interrupt` alone may be called
    /// by another thread, and holds the lock so that the object is not freed under it.
    private struct Port: @unchecked Sendable {
        var object: (any ConnectorPort)?
    }

    let number: UInt64
    private let lane: Lane
    private let interruptLane: Lane
    private let port = Mutex(Port())

    /// An instance without its plugin object, which the first call makes.
    init(_ connector: String, number: UInt64, pool: BlockingPool) {
        self.number = number
        lane = pool.makeLane("connector \(connector)", for: .connector)
        interruptLane = pool.makeLane("interrupt \(connector)", for: .interrupt)
    }

    /// Makes the plugin's object and starts it, on the lane.
    ///
    /// - Parameters:
    ///   - make: gives the object and its resolved configuration.
    ///   - done: called on the lane; an error of the object's own `start` comes with `true`.
    func start(
        _ make: @escaping @Sendable () throws(ConnectError) -> (any ConnectorPort, ConfigMap),
        _ done: @escaping @Sendable (ConnectError?, _ inStart: Bool) -> Void
    ) {
        lane.submit {
            let made: (object: any ConnectorPort, config: ConfigMap)
            do throws(ConnectError) {
                made = try make()
            } catch {
                return done(error, false)
            }
            self.port.withLock { $0.object = made.object }
            do throws(ConnectError) {
                try made.object.start(made.config)
                done(nil, true)
            } catch {
                self.destroy()
                done(error, true)
            }
        }
    }

    /// Makes the plugin's object for one call and frees it after that, without ever starting it.
    func borrow<Answer: Sendable>(
        _ make: @escaping @Sendable () throws(ConnectError) -> (any ConnectorPort, ConfigMap),
        _ body: @escaping @Sendable (any ConnectorPort, ConfigMap) throws(ConnectError) -> Answer,
        _ done: @escaping @Sendable (Result<Answer, ConnectError>) -> Void
    ) {
        lane.submit {
            let made: (object: any ConnectorPort, config: ConfigMap)
            do throws(ConnectError) {
                made = try make()
            } catch {
                return done(.failure(error))
            }
            self.port.withLock { $0.object = made.object }
            let result = Result { () throws(ConnectError) in try body(made.object, made.config) }
            self.destroy()
            done(result)
        }
    }

    /// Makes a call on the lane; `done` is called there too.
    func call<Answer: Sendable>(
        _ body: @escaping @Sendable (any ConnectorPort) throws(ConnectError) -> Answer,
        _ done: @escaping @Sendable (Result<Answer, ConnectError>) -> Void
    ) {
        lane.submit {
            guard let object = self.port.withLock({ $0 }).object else {
                return done(.failure(ConnectError(.workerFailed, "The connector's instance is gone")))
            }
            done(Result { () throws(ConnectError) in try body(object) })
        }
    }

    /// Stops the plugin's object and frees it, on the lane.
    func stop(_ done: @escaping @Sendable (ConnectError?) -> Void) {
        lane.submit {
            let object = self.port.withLock { $0 }.object
            var failure: ConnectError?
            do throws(ConnectError) {
                try object?.stop()
            } catch {
                failure = error
            }
            self.destroy()
            done(failure)
        }
    }

    /// Makes the call that is under way return. Runs on a lane of its own, since a bad plugin may hang here too.
    func interrupt() {
        interruptLane.submit { self.port.withLock { $0.object?.interrupt() } }
    }

    /// Leaves the instance to the call that never returns. An interruption given before is still carried out.
    func abandon() { lane.abandon() }

    private func destroy() {
        port.withLock { port in
            port.object?.destroy()
            port.object = nil
        }
    }
}
