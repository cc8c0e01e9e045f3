package import ConnectModel

/// What a herder decides about one connector, from its first configuration until nothing of it is left.
package struct ConnectorMachine: Sendable {
    /// Task configurations that a connector gave.
    package struct Given: Sendable, Equatable {
        /// As they are stored.
        package let configs: [ConfigMap]
        /// Whether they differ from those in force.
        package let differs: Bool

        /// Task configurations, compared with those in force.
        package init(configs: [ConfigMap], differs: Bool) {
            self.configs = configs
            self.differs = differs
        }
    }

    package internal(set) var lifecycle: ConnectorLifecycle
    package internal(set) var tasks: TaskSetLifecycle
    /// Counts changes of the configuration.
    package internal(set) var configuration: UInt64 = 0
    /// Of the plugin, for statuses.
    package internal(set) var version: String?
    /// The connector was removed from a worker alone, and ends.
    package internal(set) var isEnding = false
    /// Counts commits of task configurations.
    var taskGeneration: UInt64 = 0
    /// Given, and not published yet.
    var given: Given?
    /// Given last, and to be in force.
    var published: [ConfigMap]?
    /// How often, and when last, the connector was asked again because others were committed.
    var askedAgain: (count: Int, at: UInt64) = (0, 0)
    /// Between attempts to bring tasks into force again that incomplete commits took out of it.
    var recommits = Backoff.taskConfigs
    var offers = TaskConfigOffers()
    var connectorHasEnded = false
    var tasksHaveEnded = false

    /// - Parameters:
    ///   - serial: of this life; numbers of different lives of one name must not meet.
    ///   - ownsAll: whether connector and tasks run here in any case, as with a worker alone.
    init(_ name: String, serial: UInt64, patience: ConnectorLifecycle.Patience, ownsAll: Bool) {
        lifecycle = ConnectorLifecycle(name, firstInstance: serial << 32, isOwned: ownsAll, patience: patience)
        tasks = TaskSetLifecycle(name, firstIncarnation: serial << 32, ownsAll: ownsAll)
    }

    package var hasEnded: Bool { connectorHasEnded && tasksHaveEnded }

    /// Whether nothing is on its way to its end: what is given up has stopped.
    package var isQuiet: Bool { (lifecycle.isOwned || lifecycle.isReleased) && tasks.isQuiet }

    /// Whether everything is as it was wished to be, or has failed.
    package var isSettled: Bool { lifecycle.isSettled && tasks.isSettled }
}
