package import ConnectModel

/// The life of one connector on the worker that owns it: which call its plugin gets next, and what its status is.
///
/// A reconciler: wishes (``want(_:configuration:now:)``, ``restart(now:)``, ``end(_:now:)``) say where the connector is to be,
/// ends of calls say where it is, and each answer names the steps to take. At most one call is under way; a wish that comes
/// meanwhile waits for its end, and where that takes too long, the call is interrupted and then abandoned together with its
/// instance, so that a connector which hangs holds up nobody.
///
/// Source: `WorkerConnector`, with pause and stop both giving the instance up (the plugin ABI has no way back from `stop`).
package struct ConnectorLifecycle: Sendable {
    /// A call to the plugin.
    package enum Call: String, Sendable {
        /// Making the instance and its `start`.
        case start
        case reconfigure
        case taskConfigs
        /// `stop`, and giving the instance back.
        case stop
    }

    /// How long a call that is in the way may take. Nanoseconds.
    package struct Patience: Sendable {
        /// After which a call is interrupted.
        package var interruptAfter: UInt64
        /// After which `stop` is interrupted: closing takes its time.
        package var interruptStopAfter: UInt64
        /// After which a call is abandoned: Apache's 5 s for a connector's orderly end.
        package var abandonAfter: UInt64

        /// Times to wait.
        package init(interruptAfter: UInt64, interruptStopAfter: UInt64, abandonAfter: UInt64) {
            self.interruptAfter = interruptAfter
            self.interruptStopAfter = interruptStopAfter
            self.abandonAfter = abandonAfter
        }

        /// What the worker uses.
        package static let standard = Patience(
            interruptAfter: 500_000_000, interruptStopAfter: 4_000_000_000, abandonAfter: 5_000_000_000)
    }

    /// What the driver does next. `instance` is the number under which it keeps plugin instance and lane.
    package enum Action: Equatable, Sendable {
        /// Make a new instance on a new lane and start it with the current configuration.
        case start(instance: UInt64)
        case reconfigure(instance: UInt64)
        /// Ask for task configurations.
        case askTaskConfigs(instance: UInt64)
        /// Stop the instance and give it back.
        case stop(instance: UInt64)
        /// Make the call that is under way return.
        case interrupt(instance: UInt64)
        /// Leave instance and lane alone for ever.
        case abandon(instance: UInt64, call: Call)
        /// Call ``timeIsUp(instance:now:)`` then, in monotonic nanoseconds.
        case wakeUp(instance: UInt64, at: UInt64)
        /// Report a status.
        case status(InstanceState, ConnectError?)
        /// These task configurations are wanted now.
        case publish([ConfigMap])
        /// Every wish up to this one is fulfilled, or has failed.
        case settled(revision: UInt64, ConnectError?)
        /// Over: nothing of the connector is left here.
        case ended
    }

    /// Why a life ends.
    package enum End: Sendable {
        /// The connector was deleted: it has no status any more.
        case removed
        /// The worker stops, or another one takes over.
        case unassigned
    }

    struct Wish {
        var state = TargetState.started
        /// Whether this worker is the one that runs the connector.
        var isOwned: Bool
        var configuration: UInt64 = 0
        var restart: UInt64 = 0
        var end: End?
        var revision: UInt64 = 0
    }

    struct Instance {
        let number: UInt64
        /// The configuration that it has.
        var configuration: UInt64
        let restart: UInt64
        /// Set by an error that it raised outside of a call; it goes on, but is FAILED.
        var failure: ConnectError?
        /// Task configurations are to be asked for.
        var owesTaskConfigs = true
        /// Nobody but the connector itself wants that.
        var isOwnWish = false
        /// When it gave task configurations last.
        var answeredAt: UInt64?
    }

    enum Phase {
        /// No instance. Entered at the beginning, and when one has ended; left by a start.
        case none(reported: InstanceState?)
        /// A call is under way. Left by its end, or by abandoning it.
        case busy(Instance, Call, obstructedSince: UInt64?)
        /// Started; left by any call.
        case running(Instance)
        /// The start failed, or what had failed was stopped. Left by a new configuration, a restart, or a stop.
        case failed(ConnectError, configuration: UInt64, restart: UInt64)
        /// Nothing follows.
        case ended
    }

    /// How many calls of the connector and of its tasks were abandoned; the driver adds those of tasks.
    package var abandonedCalls = AbandonedCalls()
    let name: String
    let patience: Patience
    var wish: Wish
    var phase = Phase.none(reported: nil)
    var settledRevision: UInt64 = 0
    var nextInstance: UInt64
    var backoff = Backoff.taskConfigs
    /// The last failure to give task configurations, and when they are asked again.
    var retry: (error: ConnectError, at: UInt64)?

    /// - Parameters:
    ///   - name: the connector's, for messages.
    ///   - firstInstance: instances are numbered from here on; numbers must not repeat between lives of one name.
    ///   - isOwned: whether the connector runs here; see ``own(_:now:)``.
    package init(_ name: String, firstInstance: UInt64, isOwned: Bool = true, patience: Patience = .standard) {
        self.name = name
        wish = Wish(isOwned: isOwned)
        self.patience = patience
        nextInstance = firstInstance
    }

    /// The call under way with its instance, for logs.
    package var callUnderWay: Call? {
        if case .busy(_, let call, _) = phase { call } else { nil }
    }

    /// Number of the newest wish.
    package var revision: UInt64 { wish.revision }

    /// Whether the newest wish is fulfilled or has failed.
    package var isSettled: Bool { settledRevision == wish.revision }

    /// Whether this worker is the one that runs the connector.
    package var isOwned: Bool { wish.isOwned }

    /// Whether the connector is not owned and nothing of it is left here either.
    package var isReleased: Bool {
        guard !wish.isOwned else { return false }
        switch phase {
        case .none, .failed, .ended: return true
        case .busy, .running: return false
        }
    }
}

// MARK: - Wishes

extension ConnectorLifecycle {
    /// Where the connector is to be, and by which configuration.
    ///
    /// - Parameter configuration: a number that grows with each change of the connector's configuration.
    package mutating func want(_ state: TargetState, configuration: UInt64, now: UInt64) -> [Action] {
        guard wish.end == nil else { return [] }
        if configuration != wish.configuration { retry = nil }
        wish.state = state
        wish.configuration = configuration
        wish.revision += 1
        return advance(now)
    }

    /// Whether this worker runs the connector (true) or lets go of it. One that is let go of stops, shows as UNASSIGNED, and
    /// keeps what else is wished of it for the time when it is owned again.
    package mutating func own(_ isOwned: Bool, now: UInt64) -> [Action] {
        guard wish.end == nil, wish.isOwned != isOwned else { return [] }
        if !isOwned { retry = nil }
        wish.isOwned = isOwned
        wish.revision += 1
        return advance(now)
    }

    /// A new instance, whatever the old one does.
    package mutating func restart(now: UInt64) -> [Action] {
        guard wish.end == nil else { return [] }
        retry = nil
        wish.restart += 1
        wish.revision += 1
        return advance(now)
    }

    /// Between two answers of one instance that were nobody's wish but its own. Nanoseconds.
    static let pauseBetweenOwnWishes: UInt64 = 1_000_000_000

    /// The connector asked for its task configurations to be asked again.
    ///
    /// They are, a second after its last answer at the soonest: one that asks within `task_configs`, or again and again, would keep
    /// its lane and the herder busy for ever.
    package mutating func requestTaskConfigs(instance: UInt64, now: UInt64) -> [Action] {
        requestTaskConfigs(of: instance, isOwnWish: true, now)
    }

    /// The same at the worker's wish, for whatever instance there is and at once.
    package mutating func requestTaskConfigs(now: UInt64) -> [Action] {
        switch phase {
        case .busy(let subject, _, _), .running(let subject):
            return requestTaskConfigs(of: subject.number, isOwnWish: false, now)
        case .none, .failed, .ended: return []
        }
    }

    private mutating func requestTaskConfigs(of instance: UInt64, isOwnWish: Bool, _ now: UInt64) -> [Action] {
        var wakeUp: [Action] = []
        func add(to subject: Instance) -> Instance {
            var subject = subject
            // A wait for the next attempt is cut short, an own wish not below the pause.
            if isOwnWish, let waiting = retry, let answered = subject.answeredAt {
                let at = min(waiting.at, answered &+ Self.pauseBetweenOwnWishes)
                retry = (waiting.error, at)
                if now < at { wakeUp = [.wakeUp(instance: instance, at: at)] }
            } else {
                retry = nil
            }
            subject.isOwnWish = isOwnWish && (subject.isOwnWish || !subject.owesTaskConfigs)
            subject.owesTaskConfigs = true
            return subject
        }
        switch phase {
        case .busy(let subject, let call, let since) where subject.number == instance:
            phase = .busy(add(to: subject), call, obstructedSince: since)
        case .running(let subject) where subject.number == instance:
            phase = .running(add(to: subject))
        case .none, .busy, .running, .failed, .ended:
            break
        }
        return wakeUp + advance(now)
    }

    /// The end of the connector here.
    package mutating func end(_ end: End, now: UInt64) -> [Action] {
        guard wish.end == nil else { return [] }
        wish.end = end
        wish.revision += 1
        return advance(now)
    }
}
