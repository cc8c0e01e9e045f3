/// How a class is known, and what can be configured.
public struct ClassDefinition: Sendable {
    /// As in `connector.class`.
    public let name: String
    /// Further names. The simple name, with and without `Connector` at its end, is one anyway.
    public let aliases: [String]
    /// nil: the plugin's.
    public let version: String?
    public let documentation: String
    public let keys: [ConfigKey]

    /// Defines a class.
    public init(
        name: String, aliases: [String] = [], version: String? = nil, documentation: String, keys: [ConfigKey]
    ) {
        self.name = name
        self.aliases = aliases
        self.version = version
        self.documentation = documentation
        self.keys = keys
    }
}

/// What a connector found out about one key, beyond what the declarations say.
public struct ValidationNote: Sendable, Equatable {
    public let key: String
    /// Whole sentences for the operator.
    public let errors: [String]
    /// Replaces the declared values when not empty.
    public let recommendedValues: [String]
    /// false: the key means nothing in this configuration.
    public let isVisible: Bool

    /// A note about a key.
    public init(key: String, errors: [String], recommendedValues: [String] = [], isVisible: Bool = true) {
        self.key = key
        self.errors = errors
        self.recommendedValues = recommendedValues
        self.isVisible = isVisible
    }
}

/// What source and sink connectors have in common. Calls are serial, save ``interrupt()``; an instance that only
/// validates is never started.
public protocol Connector: AnyObject {
    static var definition: ClassDefinition { get }
    /// Whether ``reconfigure(_:)`` works; otherwise the worker makes a new instance for a new configuration.
    static var canReconfigure: Bool { get }

    /// Makes an instance: no I/O, no thread.
    init(context: HostContext)
    /// Begins to work.
    func start(_ configuration: Configuration) throws(PluginError)
    /// Splits the work into at most `maximum` tasks.
    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration]
    /// Takes a new configuration while started.
    func reconfigure(_ configuration: Configuration) throws(PluginError)
    /// Checks more than the declarations can say.
    ///
    /// - Parameter key: the one key to look at; nil for all.
    func validate(_ configuration: Configuration, key: String?) throws(PluginError) -> [ValidationNote]
    /// Ends the work.
    func stop() throws(PluginError)
    /// Makes the call that is under way return. Called from any thread.
    func interrupt()
}

extension Connector {
    public static var canReconfigure: Bool { false }
    public func reconfigure(_ configuration: Configuration) throws(PluginError) {}
    public func validate(_ configuration: Configuration, key: String?) throws(PluginError) -> [ValidationNote] { [] }
    public func stop() throws(PluginError) {}
    public func interrupt() {}
}

/// A connector that brings records into Kafka.
public protocol SourceConnector: Connector {
    associatedtype Task: SourceTask

    /// Whether records can be delivered exactly once with this configuration; nil when it is not known.
    func supportsExactlyOnce(_ configuration: Configuration) throws(PluginError) -> Bool?
    /// Whether tasks can say where transactions end.
    func canDefineTransactionBoundaries(_ configuration: Configuration) throws(PluginError) -> Bool
    /// Somebody changes stored offsets while the connector is stopped.
    ///
    /// - Returns: true when they were looked at.
    /// - Throws: what speaks against it.
    func alterOffsets(_ configuration: Configuration, _ offsets: [SourceOffset]) throws(PluginError) -> Bool
}

extension SourceConnector {
    public func supportsExactlyOnce(_ configuration: Configuration) throws(PluginError) -> Bool? { nil }
    public func canDefineTransactionBoundaries(_ configuration: Configuration) throws(PluginError) -> Bool { false }
    public func alterOffsets(_ configuration: Configuration, _ offsets: [SourceOffset]) throws(PluginError) -> Bool {
        false
    }
}

/// A connector that takes records out of Kafka.
public protocol SinkConnector: Connector {
    associatedtype Task: SinkTask

    /// Somebody changes the offsets of the connector's group while it is stopped.
    ///
    /// - Returns: true when they were looked at.
    /// - Throws: what speaks against it.
    func alterOffsets(_ configuration: Configuration, _ offsets: [TopicOffset]) throws(PluginError) -> Bool
}

extension SinkConnector {
    public func alterOffsets(_ configuration: Configuration, _ offsets: [TopicOffset]) throws(PluginError) -> Bool {
        false
    }
}
