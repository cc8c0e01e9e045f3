import KafkaProtocol

/// The membership of one client in one group under Kafka's classic protocol, for any protocol type: consumers and
/// Connect workers alike (Java: AbstractCoordinator).
///
/// Pure: it is told what happened and at which monotonic nanosecond, and answers with what is to be done. Metadata and
/// assignments are bytes that the owner supplies and reads. The owner
/// 1. executes every action at once, in order,
/// 2. brings each answer back with the token of its request,
/// 3. calls ``advance(to:)`` when ``nextDeadline`` has come.
///
/// A round is: ``Action/prepareJoin`` → ``prepared(protocols:now:)`` → JoinGroup → (leader)
/// ``Action/computeAssignment(_:)`` → ``assignmentComputed(_:now:)`` → SyncGroup → ``Action/assigned(_:)``.
/// A round that fails on the way starts again with `prepareJoin`, which the owner must therefore bear several times.
package struct GroupMachine: Sendable {
    /// What the group is called and how patient its members are. Times are nanoseconds.
    package struct Settings: Sendable {
        package var groupID: String
        package var protocolType: String
        package var instanceID: String?
        package var sessionTimeout: UInt64
        package var rebalanceTimeout: UInt64
        package var heartbeatInterval: UInt64
        package var requestTimeout: UInt64
        package var retryBackoff: Backoff
        /// Whether heartbeats go on while JoinGroup is under way: for an owner that must know all the time that its session
        /// holds, and that sends them on a connection of their own.
        package var beatsWhileJoining: Bool

        package init(
            groupID: String, protocolType: String, instanceID: String? = nil, sessionTimeout: UInt64,
            rebalanceTimeout: UInt64, heartbeatInterval: UInt64, requestTimeout: UInt64, retryBackoff: Backoff,
            beatsWhileJoining: Bool = false
        ) {
            self.groupID = groupID
            self.protocolType = protocolType
            self.instanceID = instanceID
            self.sessionTimeout = sessionTimeout
            self.rebalanceTimeout = rebalanceTimeout
            self.heartbeatInterval = heartbeatInterval
            self.requestTimeout = requestTimeout
            self.retryBackoff = retryBackoff
            self.beatsWhileJoining = beatsWhileJoining
        }
    }

    /// Where the membership stands.
    package enum State: Sendable, Equatable {
        /// Not a member and not asked to be. Entered at start and after leaving; left by `start`.
        case idle
        /// The owner lets go of what it must. Entered at the begin of a round; left by `prepared`.
        case preparing
        /// A failed round waits for its next attempt. Left when the time has come.
        case backingOff(until: UInt64)
        /// JoinGroup is under way.
        case joining(token: UInt64)
        /// This member leads and the owner computes the assignment. Left by `assignmentComputed`.
        case assigning
        /// SyncGroup is under way.
        case syncing(token: UInt64)
        /// The assignment of the current generation is held.
        case stable
        /// The application did not poll for the rebalance timeout and the group was left. Left by the next poll.
        case expired
        /// JoinGroup is under way and the member is not wanted any more: the id that the answer brings is given back, or the
        /// broker would wait for its owner. Left by the answer or its time-out.
        case abandoning(token: UInt64, until: UInt64)
        /// LeaveGroup is under way. Left by its answer or its time-out.
        case leaving(token: UInt64, until: UInt64)
        /// A final error was reported; nothing happens any more.
        case failed
    }

    let settings: Settings
    package internal(set) var state: State = .idle
    /// The id the coordinator gave, empty before the first join and after it was forgotten.
    package internal(set) var memberID = ""
    /// The current generation, -1 when there is none.
    package internal(set) var generation: Int32 = -1
    /// The member id of the leader of the current generation.
    package internal(set) var leaderID = ""
    var protocolName = ""
    var protocols: [GroupProtocol] = []
    /// Why the next join happens; sent to the broker for its log.
    var joinReason = ""
    var rejoinReason: String?
    /// Answers that ask for another try at once; a few are free, then the pause applies too.
    var immediateRetries = 0
    var pause: RetryPause

    /// A JoinGroup without a member id whose answer nobody waits for any more: the id in it is given back.
    var orphanedJoin: UInt64?
    /// Why the member that is being given up leaves.
    var leaveReason = ""

    var nextToken: UInt64 = 1
    var heartbeatDue: UInt64?
    /// When the latest heartbeat was sent.
    var heartbeatSent: UInt64?
    var heartbeatInFlight: (token: UInt64, generation: Int32, memberID: String)?
    var heartbeatPause: RetryPause
    var sessionDeadline: UInt64?
    /// Heartbeats are refused for want of a right since the last good one.
    var isUnauthorized = false
    var busySince: UInt64?

    /// - Parameter seed: of the jitter in retries.
    package init(settings: Settings, seed: UInt64) {
        self.settings = settings
        pause = RetryPause(settings.retryBackoff, seed: seed)
        heartbeatPause = RetryPause(settings.retryBackoff, seed: seed &+ 1)
    }

    /// Whether this member leads the current generation.
    package var isLeader: Bool { !memberID.isEmpty && memberID == leaderID }

    /// What a commit is signed with, nil when there is no membership that the coordinator could know.
    package var identity: GroupIdentity? {
        guard generation >= 0, !memberID.isEmpty else { return nil }
        return GroupIdentity(generation: generation, memberID: memberID, instanceID: settings.instanceID)
    }

    /// When ``advance(to:)`` is due, nil when only an event can change something.
    package var nextDeadline: UInt64? {
        var earliest: UInt64?
        func consider(_ deadline: UInt64?) {
            guard let deadline else { return }
            earliest = min(earliest ?? deadline, deadline)
        }
        switch state {
        case .idle, .failed, .expired: return nil
        case .abandoning(_, let until), .leaving(_, let until): return until
        case .backingOff(let until): consider(until)
        case .preparing, .joining, .assigning, .syncing, .stable: break
        }
        if heartbeatsRun {
            if heartbeatInFlight == nil { consider(heartbeatDue) }
            consider(sessionDeadline)
        }
        consider(pollDeadline)
        return earliest
    }
}
