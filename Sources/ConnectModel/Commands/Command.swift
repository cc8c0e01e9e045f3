/// What REST, the command line and files ask of the herder. Values only.
public enum Command: Sendable {
    /// POST /connectors, or a connector file. Refused when the name exists.
    case createConnector(name: String, config: ConfigMap, initialState: TargetState?)
    /// PUT /connectors/NAME/config.
    case putConnectorConfig(name: String, config: ConfigMap)
    /// PATCH /connectors/NAME/config; a nil value removes the key.
    case patchConnectorConfig(name: String, patch: ConfigMap)
    case deleteConnector(name: String)
    case pauseConnector(name: String)
    case resumeConnector(name: String)
    case stopConnector(name: String)
    /// POST /connectors/NAME/restart.
    case restartConnector(name: String, includeTasks: Bool, onlyFailed: Bool)
    case restartTask(TaskID)
    case connectorOffsets(name: String)
    /// PATCH /connectors/NAME/offsets.
    case alterConnectorOffsets(name: String, [OffsetRequest])
    /// DELETE /connectors/NAME/offsets.
    case resetConnectorOffsets(name: String)
    case resetActiveTopics(name: String)
    /// PUT /connector-plugins/PLUGIN/config/validate.
    case validateConfig(ConfigMap)
    /// GET /health: answered when the herder gets to it.
    case health
    /// POST /connectors/NAME/tasks, from a worker of the cluster: raw configurations of all tasks.
    case putTaskConfigs(name: String, [ConfigMap])
    /// PUT /admin/loggers/NAME?scope=cluster: the level of a logger on every worker.
    case setLoggerLevel(namespace: String, level: String)

    /// The connector that it is about.
    public var connector: String? {
        switch self {
        case .createConnector(let name, _, _), .putConnectorConfig(let name, _), .patchConnectorConfig(let name, _),
            .deleteConnector(let name), .pauseConnector(let name), .resumeConnector(let name), .stopConnector(let name),
            .restartConnector(let name, _, _), .connectorOffsets(let name), .alterConnectorOffsets(let name, _),
            .resetConnectorOffsets(let name), .resetActiveTopics(let name), .putTaskConfigs(let name, _):
            name
        case .restartTask(let task): task.connector
        case .validateConfig(let config): config["name"]
        case .health, .setLoggerLevel: nil
        }
    }
}

/// One entry of a request that changes offsets: partition and offset as the JSON text of the request; nil offset resets.
public struct OffsetRequest: Sendable, Equatable {
    /// Compact JSON of the partition; nil when the request had null or none.
    public let partition: [UInt8]?
    public let offset: [UInt8]?

    /// An entry.
    public init(partition: [UInt8]?, offset: [UInt8]?) {
        self.partition = partition
        self.offset = offset
    }
}

/// What the herder answers with.
public enum Reply: Sendable {
    case created(ConnectorInfo)
    case updated(ConnectorInfo)
    /// Done, nothing to say.
    case done
    /// Under way; the status shows what was selected as RESTARTING.
    case accepted(ConnectorStatus)
    case offsets([OffsetChange])
    case message(String)
    case validation(ConfigValidation)
    case healthy
    /// The worker answers and yet cannot do its work: it waits for this.
    case unhealthy(Stage)
    /// Another worker has to do it; nil where nobody is known who could.
    case elsewhere(url: String?)
}

/// What REST shows of a connector.
public struct ConnectorInfo: Sendable, Equatable {
    public let name: String
    /// Raw: references to config providers unresolved.
    public let config: ConfigMap
    public let tasks: [TaskID]
    public let kind: ConnectorKind

    /// What REST shows of a connector.
    public init(name: String, config: ConfigMap, tasks: [TaskID], kind: ConnectorKind) {
        self.name = name
        self.config = config
        self.tasks = tasks
        self.kind = kind
    }
}

/// What REST shows of a connector's state.
public struct ConnectorStatus: Sendable, Equatable {
    public struct Task: Sendable, Equatable {
        public let number: Int32
        public var status: InstanceStatus

        /// A task's status.
        public init(number: Int32, status: InstanceStatus) {
            self.number = number
            self.status = status
        }
    }

    public let name: String
    public var connector: InstanceStatus
    /// By number.
    public var tasks: [Task]
    public let kind: ConnectorKind

    /// What REST shows of a connector's state.
    public init(name: String, connector: InstanceStatus, tasks: [Task], kind: ConnectorKind) {
        self.name = name
        self.connector = connector
        self.tasks = tasks
        self.kind = kind
    }
}

/// The answer of `/config/validate`.
public struct ConfigValidation: Sendable, Equatable {
    public struct Key: Sendable, Equatable {
        public let definition: ConfigKeyDescription?
        public let name: String
        public let value: String?
        public let recommendedValues: [String]
        public let errors: [String]
        public let isVisible: Bool

        /// A key's outcome.
        public init(
            definition: ConfigKeyDescription?, name: String, value: String?, recommendedValues: [String],
            errors: [String], isVisible: Bool
        ) {
            self.definition = definition
            self.name = name
            self.value = value
            self.recommendedValues = recommendedValues
            self.errors = errors
            self.isVisible = isVisible
        }
    }

    /// `connector.class` as submitted.
    public let name: String
    public let errorCount: Int
    public let groups: [String]
    public let keys: [Key]

    /// An answer.
    public init(name: String, errorCount: Int, groups: [String], keys: [Key]) {
        self.name = name
        self.errorCount = errorCount
        self.groups = groups
        self.keys = keys
    }
}

/// How a configuration key is declared, as REST tells it.
public struct ConfigKeyDescription: Sendable, Equatable {
    public let name: String
    public let type: String
    public let isRequired: Bool
    public let defaultValue: String?
    public let importance: String
    public let documentation: String
    public let group: String?
    public let order: Int
    public let width: String
    public let displayName: String
    public let dependents: [String]

    /// A key's declaration.
    public init(
        name: String, type: String, isRequired: Bool, defaultValue: String?, importance: String,
        documentation: String, group: String?, order: Int, width: String, displayName: String, dependents: [String]
    ) {
        self.name = name
        self.type = type
        self.isRequired = isRequired
        self.defaultValue = defaultValue
        self.importance = importance
        self.documentation = documentation
        self.group = group
        self.order = order
        self.width = width
        self.displayName = displayName
        self.dependents = dependents
    }
}
