/// What only consumers are set to, read from Java's keys with Java's meaning and defaults. Times are nanoseconds.
public struct ConsumerSettings: Sendable {
    /// `group.id`; nil outside of any group.
    public var groupID: String?
    /// `group.instance.id`: a static member, whose place is kept while it is away.
    public var instanceID: String?
    /// `session.timeout.ms`.
    public var sessionTimeout: UInt64
    /// `heartbeat.interval.ms`.
    public var heartbeatInterval: UInt64
    /// `max.poll.interval.ms`.
    public var maxPollInterval: UInt64
    /// `auto.offset.reset`.
    public var reset: OffsetReset
    /// `auto.commit.interval.ms` where `enable.auto.commit` is true, else nil.
    public var autoCommitInterval: UInt64?
    /// Whether `isolation.level` is `read_committed`.
    public var isReadCommitted: Bool
    /// `fetch.min.bytes`.
    public var fetchMinBytes: Int32
    /// `fetch.max.wait.ms`, milliseconds.
    public var fetchMaxWait: Int32
    /// The same for a consumer to which nothing has come for a while: longer where `fetch.max.wait.ms` is not set and
    /// `fetch.min.bytes` is 1, so that only answers without data are put off.
    public var fetchMaxIdleWait: Int32
    /// `fetch.max.bytes`.
    public var fetchMaxBytes: Int32
    /// `max.partition.fetch.bytes`.
    public var maxPartitionFetchBytes: Int32
    /// `check.crcs`.
    public var checksChecksums: Bool
    /// `client.rack`.
    public var rack: String
    /// `allow.auto.create.topics`.
    public var allowsTopicCreation: Bool
    /// `exclude.internal.topics`: patterns do not match them.
    public var excludesInternalTopics: Bool
    /// `partition.assignment.strategy`.
    package var assignors: [ConsumerAssignor]

    /// Milliseconds.
    private static let idleWait: Int32 = 3_000

    /// Reads the keys of a consumer.
    ///
    /// - Throws: `ClientError.Code.invalidSettings` with every problem in its message.
    public init(_ client: ClientSettings) throws(ClientError) {
        var reader = SettingsReader(client.properties, role: .consumer)
        self.init(&reader)
        try reader.finish()
    }

    /// The same without an error: what is wrong stands in the reader's problems.
    init(_ reader: inout SettingsReader) {
        let group = reader.text("group.id") ?? ""
        groupID = group.isEmpty ? nil : group
        let instance = reader.text("group.instance.id") ?? ""
        instanceID = instance.isEmpty ? nil : instance
        _ = reader.word("group.protocol")
        sessionTimeout = reader.nanoseconds("session.timeout.ms")
        heartbeatInterval = reader.nanoseconds("heartbeat.interval.ms")
        maxPollInterval = reader.nanoseconds("max.poll.interval.ms")
        _ = reader.number("max.poll.records")
        autoCommitInterval =
            reader.flag("enable.auto.commit") ? reader.nanoseconds("auto.commit.interval.ms") : nil
        isReadCommitted = reader.word("isolation.level") == "read_committed"
        fetchMinBytes = Int32(clamping: reader.number("fetch.min.bytes"))
        fetchMaxWait = Int32(clamping: reader.number("fetch.max.wait.ms"))
        let mayWaitLonger = !reader.isSet("fetch.max.wait.ms") && fetchMinBytes <= 1
        fetchMaxIdleWait = mayWaitLonger ? Self.idleWait : fetchMaxWait
        fetchMaxBytes = Int32(clamping: reader.number("fetch.max.bytes"))
        maxPartitionFetchBytes = Int32(clamping: reader.number("max.partition.fetch.bytes"))
        checksChecksums = reader.flag("check.crcs")
        rack = reader.text("client.rack") ?? ""
        allowsTopicCreation = reader.flag("allow.auto.create.topics")
        excludesInternalTopics = reader.flag("exclude.internal.topics")
        let word = reader.text("auto.offset.reset") ?? "latest"
        if let known = OffsetReset(setting: word) {
            reset = known
        } else {
            reset = .latest
            reader.complain(
                of: "auto.offset.reset",
                "auto.offset.reset: '\(word)' is none of earliest, latest, none, by_duration:PnDTnHnMn.nS")
        }
        assignors = []
        for name in reader.list("partition.assignment.strategy") {
            if let assignor = ConsumerAssignor(named: name) {
                if !assignors.contains(assignor) { assignors.append(assignor) }
            } else {
                reader.complain(
                    of: "partition.assignment.strategy",
                    "partition.assignment.strategy: '\(name)' is neither range nor cooperative-sticky")
            }
        }
        if assignors.isEmpty {
            reader.complain(of: "partition.assignment.strategy", "partition.assignment.strategy: no assignor is named")
        }
        if heartbeatInterval >= sessionTimeout {
            reader.complain(
                of: "heartbeat.interval.ms",
                "heartbeat.interval.ms must be less than session.timeout.ms; a third of it is usual")
        }
    }

    /// The machine's view of these settings.
    ///
    /// - Parameter isSubscribing: whether partitions come from the group; else they are assigned by the application.
    func machine(_ client: ClientSettings, isSubscribing: Bool) -> ConsumerMachine.Settings {
        var settings = ConsumerMachine.Settings()
        settings.groupID = groupID
        if isSubscribing, let groupID {
            settings.group = GroupMachine.Settings(
                groupID: groupID, protocolType: "consumer", instanceID: instanceID, sessionTimeout: sessionTimeout,
                rebalanceTimeout: maxPollInterval, heartbeatInterval: heartbeatInterval,
                requestTimeout: client.requestTimeout, retryBackoff: client.retryBackoff)
        }
        settings.fetch.maximumBytes = fetchMaxBytes
        settings.fetch.maximumPartitionBytes = maxPartitionFetchBytes
        settings.fetch.minimumBytes = fetchMinBytes
        settings.fetch.maximumWait = fetchMaxWait
        settings.fetch.maximumIdleWait = fetchMaxIdleWait
        settings.fetch.isReadCommitted = isReadCommitted
        settings.fetch.rack = rack
        settings.fetch.reset = reset
        settings.fetch.metadataMaxAge = client.metadataMaxAge
        settings.fetch.retryBackoff = client.retryBackoff
        settings.fetch.budget = max(Int(fetchMaxBytes), Int(maxPartitionFetchBytes)) * 2
        settings.assignors = assignors
        settings.apiTimeout = client.apiTimeout
        settings.requestTimeout = client.requestTimeout
        settings.retryBackoff = client.retryBackoff
        settings.autoCommitInterval = autoCommitInterval
        return settings
    }
}
