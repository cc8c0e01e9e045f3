package import KafkaProtocol

/// Tells from a membership's requests and their answers whether anybody answers for the group, and until when its session
/// stands for sure.
///
/// Pure, as ``GroupMachine``, beside which it stands: the driver tells both. The machine decides what to send; this decides
/// what a silence means (Java: `WorkerCoordinator.poll`, which gives a lost coordinator one heartbeat interval).
package struct CoordinatorWatch: Sendable {
    /// News for the owner.
    package enum Change: Sendable, Equatable {
        /// Nobody answered for as long as the watch is patient.
        case lost
        /// The coordinator answers again.
        case found
    }

    /// What an answer, or its absence, says about the coordinator.
    package enum Verdict: Sendable, Equatable {
        /// It knows this member: a session runs from the sending of the request.
        case member
        /// It answers, but not that this member's session goes on.
        case present
        /// It is there and cannot serve yet.
        case loading
        /// There was no answer, or not from the coordinator.
        case absent
    }

    private struct Flight: Sendable {
        let token: UInt64
        let sentAt: UInt64
        /// The broker may hold the answer back until all members have come.
        let isHeldBack: Bool
        /// Its good answer ends a round.
        let endsRound: Bool
        /// Sent for a membership that is gone.
        var isOutdated = false
    }

    private let patience: UInt64
    private let sessionTimeout: UInt64
    private var flights: [Flight] = []
    /// Since when an answer is owed; nil while none is.
    private var silentSince: UInt64?
    /// A request went unanswered, or the connection was lost, since the last answer.
    private var isDoubted = false
    /// A membership was lost, and what it held may run elsewhere: before a round has ended nothing here says that a session
    /// covers what still runs.
    private var awaitsRound = false
    /// The same until the owner has said that nothing runs any more but what that round gave.
    private var awaitsOwner = false
    /// Whether ``Change/lost`` was told last.
    package private(set) var isLost = false
    /// Monotonic nanoseconds until which the broker cannot have ended the session; 0 without one.
    package private(set) var aliveUntil: UInt64 = 0

    /// - Parameters:
    ///   - patience: how long a silence may last, in nanoseconds: the heartbeat interval.
    ///   - sessionTimeout: nanoseconds.
    package init(patience: UInt64, sessionTimeout: UInt64) {
        self.patience = patience
        self.sessionTimeout = sessionTimeout
    }

    /// When ``advance(to:isConnected:)`` is due; nil when nothing is owed or the loss was told.
    package var nextDeadline: UInt64? {
        guard !isLost else { return nil }
        return silentSince.map { adding(patience, to: $0) }
    }

    /// A request goes out. One to leave is not to be told.
    package mutating func sent(_ request: GroupRequest, now: UInt64) {
        let isHeldBack: Bool
        var endsRound = false
        switch request.body {
        case .join: isHeldBack = true
        case .sync: (isHeldBack, endsRound) = (true, true)
        case .heartbeat: isHeldBack = false
        case .leave: return
        }
        // What the broker holds back is no silence: that begins with the first request that is to be answered at once.
        let isFirstOwed = !isHeldBack && !isDoubted && flights.allSatisfy(\.isHeldBack)
        flights.append(Flight(token: request.token, sentAt: now, isHeldBack: isHeldBack, endsRound: endsRound))
        silentSince = isFirstOwed ? now : silentSince ?? now
    }

    /// A request was answered or given up.
    package mutating func answered(token: UInt64, _ verdict: Verdict, now: UInt64) -> Change? {
        guard let place = flights.firstIndex(where: { $0.token == token }) else { return nil }
        let flight = flights.remove(at: place)
        switch verdict {
        case .absent:
            isDoubted = true
            return nil
        case .loading:
            isDoubted = false
            if !isLost { silentSince = flights.isEmpty ? nil : now }
            return nil
        case .member where !flight.isOutdated:
            if !awaitsRound, !awaitsOwner {
                aliveUntil = max(aliveUntil, adding(sessionTimeout, to: flight.sentAt))
            } else if flight.endsRound {
                // The owner learns only now what it may run.
                awaitsRound = false
            }
        case .member, .present: break
        }
        isDoubted = false
        silentSince = flights.isEmpty ? nil : now
        guard isLost else { return nil }
        isLost = false
        return .found
    }

    /// The connection to the coordinator broke: from now on a sign of life is owed, whatever was under way.
    package mutating func connectionLost(now: UInt64) {
        isDoubted = true
        silentSince = silentSince ?? now
    }

    /// The membership is gone, and with it what was known of its session: others may have been given what runs here. The next
    /// one covers it from the first heartbeat on that is sent and answered after a round has ended and the owner has carried
    /// out what that gave.
    package mutating func expelled() {
        aliveUntil = 0
        awaitsRound = true
        awaitsOwner = true
        for place in flights.indices { flights[place].isOutdated = true }
    }

    /// What the last round gave was carried out: what was taken away has stopped.
    ///
    /// - Returns: whether that was waited for; what is asked from here on speaks for what runs here.
    package mutating func carriedOut() -> Bool {
        guard awaitsOwner, !awaitsRound else { return false }
        awaitsOwner = false
        for place in flights.indices { flights[place].isOutdated = true }
        return true
    }

    /// The group is left: nothing is owed, late answers mean nothing.
    package mutating func stop() {
        flights = []
        silentSince = nil
        isDoubted = false
        isLost = false
        aliveUntil = 0
        awaitsRound = true
        awaitsOwner = true
    }

    /// Time has passed.
    ///
    /// - Parameter isConnected: whether the coordinator is known and connected, on which a request whose answer is held back
    ///   must rely.
    package mutating func advance(to now: UInt64, isConnected: Bool) -> Change? {
        guard !isLost, let since = silentSince, now >= adding(patience, to: since) else { return nil }
        if isConnected, !flights.isEmpty, flights.allSatisfy(\.isHeldBack) {
            silentSince = now
            return nil
        }
        isLost = true
        return .lost
    }
}

extension CoordinatorWatch.Verdict {
    /// What an answer to JoinGroup says.
    package init(_ result: Result<GroupJoinAnswer, RequestFault>) {
        switch result {
        case .success(let answer): self.init(answer.error, member: [.none])
        case .failure: self = .absent
        }
    }

    /// What an answer to SyncGroup says.
    package init(_ result: Result<GroupSyncAnswer, RequestFault>) {
        switch result {
        case .success(let answer): self.init(answer.error, member: [.none])
        case .failure: self = .absent
        }
    }

    /// What an answer to Heartbeat says. That the group rebalances keeps the session too.
    package init(_ result: Result<ErrorCode, RequestFault>) {
        switch result {
        case .success(let code): self.init(code, member: [.none, .rebalanceInProgress])
        case .failure: self = .absent
        }
    }

    private init(_ code: ErrorCode, member: [ErrorCode]) {
        switch code {
        case _ where member.contains(code): self = .member
        case .coordinatorLoadInProgress: self = .loading
        case .coordinatorNotAvailable, .notCoordinator: self = .absent
        default: self = .present
        }
    }
}
