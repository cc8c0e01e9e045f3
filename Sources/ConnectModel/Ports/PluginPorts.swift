/// What a call to a plugin ended with.
public enum PluginOutcome: Sendable {
    case ok
    /// Nothing to do now. The call may be repeated after the hint (nanoseconds), or at once after a wake.
    case wouldBlock(retryAfter: UInt64)
    /// The plugin asks for the same call again after a while, not before the error's `retryAfter` has passed.
    case retriable(ConnectError)
    case fatal(ConnectError)
}

/// How a plugin class is known, and what it declares. Values, made once when its library was probed.
public struct PluginDescription: Sendable {
    /// `org.apache.kafka.connect.file.FileStreamSourceConnector`
    public let className: String
    public let aliases: [String]
    public let kind: ConnectorKind
    public let version: String
    /// File that it came from.
    public let location: String
    /// What that file was when it was looked at; nil where it is no file.
    public let build: PluginBuild?

    /// A description.
    public init(
        className: String, aliases: [String], kind: ConnectorKind, version: String, location: String,
        build: PluginBuild? = nil
    ) {
        self.className = className
        self.aliases = aliases
        self.kind = kind
        self.version = version
        self.location = location
        self.build = build
    }
}

/// Tells one build of a library from another one of the same version.
public struct PluginBuild: Sendable, Equatable {
    /// The file itself: one that was put in its place under the same path is another.
    public let file: String
    /// What is in it, as far as size and time of change tell.
    public let content: String

    /// A build.
    public init(file: String, content: String) {
        self.file = file
        self.content = content
    }
}

/// A library that cannot be used, and why.
public struct BrokenPlugin: Sendable {
    public let location: String
    /// Says the fix.
    public let reason: String

    /// A broken plugin.
    public init(location: String, reason: String) {
        self.location = location
        self.reason = reason
    }
}

/// The plugins that this worker found. Thread-safe; ``rescan()`` blocks and belongs on a lane.
public protocol PluginCatalog: AnyObject, Sendable {
    /// What can be used, in the order in which REST lists it.
    var plugins: [PluginDescription] { get }
    /// What cannot, and why.
    var broken: [BrokenPlugin] { get }
    /// Looks a class up by full name, simple name or alias (configuration.md §6).
    ///
    /// - Throws: `config.unknown-class` with the nearest names and the folders searched, or `config.ambiguous-class`.
    func resolve(_ className: String) throws(ConnectError) -> PluginDescription
    /// Opens the library if need be and makes a connector. Blocks; call it on the lane that the connector will live on.
    func makeConnector(_ plugin: PluginDescription, services: any ConnectorServices) throws(ConnectError)
        -> any ConnectorPort
    /// Opens the library if need be and makes a source task. Blocks; call it on the task's lane.
    func makeSourceTask(_ plugin: PluginDescription, services: any SourceTaskServices) throws(ConnectError)
        -> any SourceTaskPort
    /// Opens the library if need be and makes a sink task. Blocks; call it on the task's lane.
    func makeSinkTask(_ plugin: PluginDescription, services: any SinkTaskServices) throws(ConnectError)
        -> any SinkTaskPort
    /// Scans the plugin folders again.
    func rescan()
}

/// What a plugin's connector may ask of its host. Called from any thread.
public protocol ConnectorServices: AnyObject, Sendable {
    var connectorName: String { get }
    /// The connector wants `taskConfigs` to be asked again.
    func requestTaskReconfiguration()
    /// The connector failed outside of a call.
    func raiseError(_ error: ConnectError)
    /// Stored source offsets of the partitions given as compact JSON; nil where there is none. Blocks.
    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?]
}

/// A connector of a plugin. Every call is made on one lane, one at a time, save ``interrupt()``.
public protocol ConnectorPort: AnyObject {
    /// Starts it with its resolved configuration.
    func start(_ config: ConfigMap) throws(ConnectError)
    /// Tells a running connector of a changed configuration.
    ///
    /// - Returns: false when it does not support that and must be stopped and started.
    func reconfigure(_ config: ConfigMap) throws(ConnectError) -> Bool
    /// At most `maximum` task configurations.
    func taskConfigs(maximum: Int32) throws(ConnectError) -> [ConfigMap]
    /// Stops it. Nothing but ``destroy()`` follows.
    func stop() throws(ConnectError)
    /// The connector's own checks beyond its table: errors by key.
    func validate(_ config: ConfigMap) throws(ConnectError) -> [ValidationNote]
    /// Lets the connector check, or carry out elsewhere, a change of its offsets.
    ///
    /// - Parameter offsets: partition and offset as compact JSON; a nil offset resets the partition.
    /// - Returns: true when the connector handled them, false when it knows nothing of offsets of its own; nil when it does
    ///   not support changing them.
    func alterOffsets(_ config: ConfigMap, _ offsets: [OffsetChange]) throws(ConnectError) -> Bool?
    /// Frees it.
    func destroy()
    /// Makes a call that is under way return. Any thread.
    func interrupt()
}

/// An error or recommendation that a connector's own validation gave for a key.
public struct ValidationNote: Sendable, Equatable {
    public let key: String
    public let errors: [String]
    public let recommendedValues: [String]
    public let isVisible: Bool

    /// A note.
    public init(key: String, errors: [String], recommendedValues: [String] = [], isVisible: Bool = true) {
        self.key = key
        self.errors = errors
        self.recommendedValues = recommendedValues
        self.isVisible = isVisible
    }
}

/// One source partition's stored offset as compact JSON; nil for a tombstone.
public struct OffsetChange: Sendable, Equatable {
    public let partition: [UInt8]
    public let offset: [UInt8]?

    /// A change.
    public init(partition: [UInt8], offset: [UInt8]?) {
        self.partition = partition
        self.offset = offset
    }
}

/// What a source task of a plugin may ask of its host.
public protocol SourceTaskServices: AnyObject, Sendable {
    var task: TaskID { get }
    /// A task that answered would-block has data now. Any thread.
    func wake()
    /// Stored offsets of the partitions given as compact JSON; nil where there is none. Blocks; task's lane.
    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?]
    /// The task failed outside of a call. Any thread.
    func raiseError(_ error: ConnectError)
}

/// A source task of a plugin. Every call is made on the task's lane, one at a time, save ``interrupt()``.
public protocol SourceTaskPort: AnyObject {
    /// Starts it with its task configuration.
    func start(_ config: ConfigMap) throws(ConnectError)
    /// Fills the batch, whose records stay valid until ``release(_:)``. `.ok` with no record is allowed and means: ask again.
    func poll(_ batch: SourceBatch) -> PluginOutcome
    /// Gives the memory of the last polled batch back.
    func release(_ batch: SourceBatch)
    /// The next `count` records, in the order in which polls gave them, are done with: Kafka has them, or they were left out.
    /// May be called long after the release.
    ///
    /// - Parameter dropped: which of them were left out, by position; in order.
    /// - Throws: what the plugin could not do with the news. It changes nothing: the records are in Kafka, or left out for good.
    func acknowledged(count: Int, dropped: [Range<Int>]) throws(ConnectError)
    /// Offsets up to the newest committable ones are stored, whatever the plugin says to it.
    func commit() throws(ConnectError)
    /// Stops it. Nothing but ``destroy()`` follows.
    func stop() throws(ConnectError)
    /// Frees it.
    func destroy()
    /// Makes a call that is under way return. Any thread.
    func interrupt()
    /// Name of the plugin's call that is under way, such as `poll`; nil between calls. Any thread.
    var callUnderWay: String? { get }
}

/// What a sink task of a plugin may ask of its host: Connect's `SinkTaskContext`. Task's lane unless said otherwise.
public protocol SinkTaskServices: AnyObject, Sendable {
    var task: TaskID { get }
    /// Whether a record that cannot be written should be reported: errors are tolerated or logged. Any thread.
    var wantsBadRecords: Bool { get }
    /// The partitions that the task has now.
    var assignment: [TopicPartition] { get }
    /// No records of these partitions until ``resume(_:)``.
    func pause(_ partitions: [TopicPartition])
    /// Lets records of these partitions come again.
    func resume(_ partitions: [TopicPartition])
    /// Reads these partitions from the given offsets on, once the call has returned.
    func rewind(_ offsets: [TopicPartitionOffset])
    /// Asks for a commit at the next chance.
    func requestCommit()
    /// Longest wait before `put` is called again, in milliseconds. Used once.
    func setRetryTimeout(_ milliseconds: Int64)
    /// Reports a record of the running `put` that cannot be written.
    ///
    /// - Parameter index: position in the batch.
    func reportBadRecord(index: Int, _ error: ConnectError) throws(ConnectError)
    /// The task failed outside of a call. Any thread.
    func raiseError(_ error: ConnectError)
    /// A task that answered would-block can take records now. Any thread.
    func wake()
}

/// An offset of a partition: the next one to read.
public struct TopicPartitionOffset: Sendable, Hashable {
    public let partition: TopicPartition
    public let offset: Int64

    /// An offset of a partition.
    public init(_ partition: TopicPartition, _ offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

/// What a sink task says before a commit.
public enum PreCommitAnswer: Sendable, Equatable {
    /// These offsets may be committed; partitions left out are not.
    case safe([TopicPartitionOffset])
    /// Nothing failed, and nothing can be said yet: to be asked again after so many nanoseconds; 0 leaves the time to who asks.
    case notYet(retryAfter: UInt64)
}

/// A sink task of a plugin. Every call is made on the task's lane, one at a time, save ``interrupt()``.
public protocol SinkTaskPort: AnyObject {
    /// Starts it with its task configuration.
    func start(_ config: ConfigMap) throws(ConnectError)
    /// These partitions were assigned.
    func open(_ partitions: [TopicPartition]) throws(ConnectError)
    /// Takes the batch, or not: `.retriable` and `.wouldBlock` offer the same batch again. May be empty.
    func put(_ batch: SinkBatch) -> PluginOutcome
    /// Makes what was put durable, up to the given offsets.
    ///
    /// - Returns: what may be committed. A task without an opinion flushes and returns what it was given.
    func preCommit(_ offsets: [TopicPartitionOffset]) throws(ConnectError) -> PreCommitAnswer
    /// These partitions go away.
    func close(_ partitions: [TopicPartition]) throws(ConnectError)
    /// Stops it. Nothing but ``destroy()`` follows.
    func stop() throws(ConnectError)
    /// Frees it.
    func destroy()
    /// Makes a call that is under way return. Any thread.
    func interrupt()
    /// Name of the plugin's call that is under way, such as `put`; nil between calls. Any thread.
    var callUnderWay: String? { get }
}
