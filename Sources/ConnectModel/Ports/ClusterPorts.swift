/// A record of one of the cluster's internal topics, as it was read.
public struct LogRecord: Sendable, Equatable {
    public let partition: Int32
    public let offset: Int64
    public let key: [UInt8]?
    /// nil for a tombstone.
    public let value: [UInt8]?

    /// A record.
    public init(partition: Int32, offset: Int64, key: [UInt8]?, value: [UInt8]?) {
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
    }
}

/// A record that is to be written to an internal topic.
public struct LogEntry: Sendable, Equatable {
    public let key: [UInt8]
    /// nil for a tombstone.
    public let value: [UInt8]?

    /// A record to write.
    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// One of the cluster's internal topics: a compacted log that every worker reads whole (Java: `KafkaBasedLog`).
///
/// Thread-safe. Closures are called on one other thread, in the order of the log; they must not block. What was read before
/// a `done` is called has been handed to the observer before.
public protocol ClusterLog: AnyObject, Sendable {
    /// Makes sure of the topic, reads it to its end, and goes on reading.
    ///
    /// - Parameters:
    ///   - observer: gets every record, those of one partition in order.
    ///   - done: called once, when the end has been reached or cannot be; the wait for a broker has no limit.
    func start(_ observer: @escaping @Sendable ([LogRecord]) -> Void, done: @escaping @Sendable (ConnectError?) -> Void)
    /// Writes records in order. `done` is called once all are acknowledged, or with the first error; then the first of them
    /// may be written.
    ///
    /// - Parameter inSession: whether they are to be written in the session with the group in which that was decided, or not at
    ///   all. So is what only the leader writes: in the next session another one may have led.
    func append(_ entries: [LogEntry], inSession: Bool, done: @escaping @Sendable (ConnectError?) -> Void)
    /// Calls `done` once everything that was in the log at the time of the call has been read. Retries without a limit.
    ///
    /// - Parameter afterOwnWrites: first waits for what was appended here before to be written or to fail. Not for what a round
    ///   of the group waits for: writes wait for the worker's session, and that may wait for the round.
    func readToEnd(afterOwnWrites: Bool, _ done: @escaping @Sendable (ConnectError?) -> Void)
    /// Ends reading and writing.
    func close(_ done: @escaping @Sendable () -> Void)
}

extension ClusterLog {
    /// Writes records that any worker may write, in whatever session.
    public func append(_ entries: [LogEntry], done: @escaping @Sendable (ConnectError?) -> Void) {
        append(entries, inSession: false, done: done)
    }
}

/// A protocol that a worker offers to its group.
public struct GroupOffer: Sendable, Equatable {
    public let name: String
    public let metadata: [UInt8]

    /// An offer.
    public init(name: String, metadata: [UInt8]) {
        self.name = name
        self.metadata = metadata
    }
}

/// A member of the group as its leader sees it.
public struct GroupMemberMetadata: Sendable, Equatable {
    public let id: String
    public let metadata: [UInt8]

    /// A member.
    public init(id: String, metadata: [UInt8]) {
        self.id = id
        self.metadata = metadata
    }
}

/// What the leader gives a member.
public struct MemberAssignment: Sendable, Equatable {
    public let memberID: String
    public let bytes: [UInt8]

    /// An assignment.
    public init(memberID: String, bytes: [UInt8]) {
        self.memberID = memberID
        self.bytes = bytes
    }
}

/// What happens to a worker's membership.
public enum WorkerGroupEvent: Sendable, Equatable {
    /// A round begins; ``WorkerGroup/prepared(_:)`` is to be called. May come again before it was.
    case preparing
    /// This worker leads: ``WorkerGroup/assign(_:)`` is to be called, with every member.
    case elected(generation: Int32, memberID: String, protocolName: String, members: [GroupMemberMetadata])
    /// A round ended well.
    case assigned(generation: Int32, memberID: String, leaderID: String, protocolName: String, bytes: [UInt8])
    /// Generation and, perhaps, member id are no longer valid; another round follows.
    case membershipLost
    /// Nobody answers for the group since a while: the coordinator cannot be found, or does not answer.
    ///
    /// - Parameter sessionEnds: monotonic nanoseconds until which the group surely waits for this member; 0 for no longer.
    case coordinatorLost(sessionEnds: UInt64)
    /// The coordinator answered again.
    case coordinatorFound
    /// The group cannot be joined, for good.
    case failed(ConnectError)
}

/// Membership of this worker in its group, protocol type `connect` (Java: `WorkerGroupMember`). Thread-safe.
public protocol WorkerGroup: AnyObject, Sendable {
    /// Joins. Events come on another thread, in order; the observer must not block.
    func join(_ observer: @escaping @Sendable (WorkerGroupEvent) -> Void)
    /// Answers ``WorkerGroupEvent/preparing``: what had to be let go of is let go of.
    func prepared(_ offers: [GroupOffer])
    /// Answers ``WorkerGroupEvent/elected(generation:memberID:protocolName:members:)``.
    func assign(_ assignments: [MemberAssignment])
    /// What the round of that generation gave this member was carried out: nothing else runs here any more. After a lost
    /// membership nothing is written in the name of tasks before this was called.
    func carriedOut(generation: Int32, memberID: String)
    /// The round of that generation is known here: what is decided from here on, such as what only the leader writes, is decided
    /// by it, and not by the one before a lost membership.
    func settled(generation: Int32)
    /// Asks for another round.
    func rejoin(reason: String)
    /// Asks the coordinator at once whether the group rebalances, instead of waiting for the next heartbeat.
    func heartbeatNow()
    /// Leaves; `done` is called once that was answered or took too long. May join again afterwards.
    func leave(reason: String, done: @escaping @Sendable () -> Void)
}

/// The key with which workers sign what they send to one another.
public struct SessionKey: Sendable, Equatable {
    /// The secret, in Base64.
    public let base64: String
    /// Such as `HmacSHA256`.
    public let algorithm: String
    /// Milliseconds since 1970.
    public let createdAt: Int64

    /// A key.
    public init(base64: String, algorithm: String, createdAt: Int64) {
        self.base64 = base64
        self.algorithm = algorithm
        self.createdAt = createdAt
    }
}

extension SessionKey: CustomStringConvertible, CustomReflectable {
    /// Without the secret, for logs.
    public var description: String { "session key (\(algorithm), created at \(createdAt))" }

    /// The description's facts, so that no dump shows the secret either.
    public var customMirror: Mirror {
        Mirror(self, children: ["algorithm": algorithm, "createdAt": createdAt])
    }
}

/// Requests of this worker to others. Thread-safe.
public protocol PeerClient: AnyObject, Sendable {
    /// Hands a connector's task configurations to the leader: `POST /connectors/NAME/tasks`, signed where there is a key.
    /// `done` is called once, on another thread; errors that may go away by themselves are of the class `retriable`.
    func putTaskConfigs(
        _ configs: [ConfigMap], of connector: String, leader url: String, key: SessionKey?,
        _ done: @escaping @Sendable (ConnectError?) -> Void)
    /// A round of the group has ended, and these workers may still answer what they were asked: the others are waited for no
    /// longer.
    func groupSettled(_ workers: [String])
}

/// The cluster as a worker of it sees it now; what REST needs to forward and to trust requests.
public struct ClusterView: Sendable, Equatable {
    /// Where the leader's REST API is; nil while there is none.
    public var leaderURL: String?
    public var isLeader: Bool
    /// 0 for `eager`, 1 for `compatible`, 2 for `sessioned`: what the group elected, or is configured before the first round.
    public var protocolVersion: Int16
    /// The newest key for requests between workers; nil before the first.
    public var sessionKey: SessionKey?

    /// A view.
    public init(leaderURL: String?, isLeader: Bool, protocolVersion: Int16, sessionKey: SessionKey?) {
        self.leaderURL = leaderURL
        self.isLeader = isLeader
        self.protocolVersion = protocolVersion
        self.sessionKey = sessionKey
    }
}
