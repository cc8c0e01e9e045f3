/// The closed table of what can go wrong, as logs, status, REST and the reference page name it.
///
/// A code is a dotted word that stays the same between releases. Its class says who can do something about it.
public enum ErrorCode: String, Sendable, CaseIterable {
    // What a caller or operator wrote
    case configInvalid = "config.invalid"
    case configMissingKey = "config.missing-key"
    case configUnreadable = "config.unreadable"
    case configUnknownClass = "config.unknown-class"
    case configAmbiguousClass = "config.ambiguous-class"
    case configOverrideRefused = "config.override-refused"
    case requestMalformed = "request.malformed"
    case requestConflict = "request.conflict"
    case requestTimedOut = "request.timed-out"
    case requestForbidden = "request.forbidden"
    case connectorUnknown = "connector.unknown"
    case connectorExists = "connector.exists"
    case connectorNotStopped = "connector.not-stopped"
    case connectorFailed = "connector.failed"
    case taskUnknown = "task.unknown"
    case taskFailed = "task.failed"
    case taskHung = "task.hung"
    case tooManyAbandoned = "task.too-many-abandoned"
    // Plugins
    case pluginUnusable = "plugin.unusable"
    case pluginABIVersion = "plugin.abi-version"
    case pluginFailed = "plugin.failed"
    case pluginRetriable = "plugin.retriable"
    case pluginNonsense = "plugin.invalid-data"
    // Records
    case recordConversion = "record.conversion"
    case recordTransform = "record.transform"
    case recordTooLarge = "record.too-large"
    // Kafka
    case kafkaUnavailable = "kafka.unavailable"
    case kafkaRetriable = "kafka.retriable"
    case kafkaRefused = "kafka.refused"
    case kafkaAuthorization = "kafka.authorization"
    case kafkaProtocol = "kafka.protocol"
    // Other workers
    case peerRetriable = "peer.retriable"
    case peerRefused = "peer.refused"
    // State
    case stateDamaged = "state.damaged"
    case stateWrite = "state.write"
    // The worker itself
    case workerStarting = "worker.starting"
    case workerStopping = "worker.stopping"
    case workerFailed = "worker.internal"

    /// Who can do something about an error.
    public enum Class: Sendable {
        /// The request, file or configuration must change.
        case caller
        /// The same again may succeed.
        case retriable
        /// Nothing goes on until somebody steps in.
        case fatal
    }

    /// Who can do something about it.
    public var errorClass: Class {
        switch self {
        case .configInvalid, .configMissingKey, .configUnreadable, .configUnknownClass, .configAmbiguousClass,
            .configOverrideRefused, .requestMalformed, .requestConflict, .requestForbidden, .connectorUnknown,
            .connectorExists, .connectorNotStopped, .taskUnknown:
            return .caller
        case .requestTimedOut, .pluginRetriable, .kafkaUnavailable, .kafkaRetriable, .peerRetriable,
            .workerStarting, .workerStopping:
            return .retriable
        case .connectorFailed, .taskFailed, .taskHung, .tooManyAbandoned, .pluginUnusable, .pluginABIVersion,
            .pluginFailed, .pluginNonsense, .recordConversion, .recordTransform, .recordTooLarge, .kafkaRefused,
            .kafkaAuthorization, .kafkaProtocol, .peerRefused, .stateDamaged, .stateWrite, .workerFailed:
            return .fatal
        }
    }

    /// Status of the REST answer that such an error becomes.
    public var httpStatus: Int {
        switch self {
        case .configInvalid, .configMissingKey, .configUnreadable, .configUnknownClass, .configAmbiguousClass,
            .configOverrideRefused, .requestMalformed, .connectorNotStopped:
            return 400
        case .requestForbidden: return 403
        case .connectorUnknown, .taskUnknown: return 404
        case .requestConflict, .connectorExists: return 409
        case .workerStarting, .workerStopping: return 503
        case .requestTimedOut, .connectorFailed, .taskFailed, .taskHung, .tooManyAbandoned, .pluginUnusable,
            .pluginABIVersion, .pluginFailed, .pluginRetriable, .pluginNonsense, .recordConversion, .recordTransform,
            .recordTooLarge, .kafkaUnavailable, .kafkaRetriable, .kafkaRefused, .kafkaAuthorization, .kafkaProtocol,
            .peerRetriable, .peerRefused, .stateDamaged, .stateWrite, .workerFailed:
            return 500
        }
    }

    /// What an operator does about it, for the reference page.
    public var fix: String {
        switch self {
        case .configInvalid: return "Correct the value of the key that the message names."
        case .configMissingKey: return "Add the key that the message names."
        case .configUnreadable: return "Check the path, its permissions and the file's syntax at the position named."
        case .configUnknownClass:
            return "Use one of the classes that `kafka-connect plugins` lists, or add its library to plugin.path."
        case .configAmbiguousClass: return "Write the full class name."
        case .configOverrideRefused:
            return "Remove the override, or ask the operator to change connector.client.config.override.policy."
        case .requestMalformed: return "Correct the request at the position named."
        case .requestConflict: return "Try again once the other operation is through."
        case .requestTimedOut: return "See what the worker is doing at the stage named, then repeat the request."
        case .requestForbidden: return "The worker's configuration forbids it."
        case .connectorUnknown, .taskUnknown: return "Check the name against GET /connectors."
        case .connectorExists: return "Choose another name, or PUT /connectors/NAME/config to change it."
        case .connectorNotStopped: return "PUT /connectors/NAME/stop first."
        case .connectorFailed, .taskFailed: return "See the cause, then restart it."
        case .taskHung: return "A call of the plugin does not return; see the plugin's log, then restart the worker."
        case .tooManyAbandoned: return "Restart the worker: too many calls of this connector never returned."
        case .pluginUnusable: return "See the reason in `kafka-connect plugins`."
        case .pluginABIVersion: return "Build the plugin against this worker's kafka_connect.h."
        case .pluginFailed: return "The plugin reported this; see its documentation."
        case .pluginRetriable: return "The worker tries again by itself."
        case .pluginNonsense: return "The plugin broke the ABI's rules; report it to its author."
        case .recordConversion: return "Check the converter against the data, or set errors.tolerance."
        case .recordTransform: return "Check the transform against the data, or set errors.tolerance."
        case .recordTooLarge:
            return "Raise max.request.size and the topic's max.message.bytes, or make the record smaller."
        case .kafkaUnavailable: return "Check bootstrap.servers and that the broker runs; the worker goes on by itself."
        case .kafkaRetriable: return "The worker tries again by itself."
        case .kafkaRefused: return "See the broker's reason."
        case .kafkaAuthorization: return "Give the principal the rights that the message names."
        case .kafkaProtocol: return "The peer is no Kafka broker, or of an unsupported version."
        case .peerRetriable: return "The worker tries again by itself."
        case .peerRefused:
            return "See the other worker's reason; check rest.advertised.* and the signature keys of both."
        case .stateDamaged: return "Restore the file from a backup, or move it away to start without offsets."
        case .stateWrite: return "Check space and permissions of the state folder."
        case .workerStarting: return "Wait; GET /health says what for."
        case .workerStopping: return "Ask another worker."
        case .workerFailed: return "Report this with the log."
        }
    }
}

/// What went wrong: a code that stays the same, one line of cause, and detail where there is more to tell.
public struct ConnectError: Error, Sendable, Equatable {
    public let code: ErrorCode
    /// One line. Names the key, file or connector, and the cause.
    public let message: String
    /// More lines, such as what led to it; nil when the line says all.
    public let detail: String?
    /// Status of the REST answer where it is not the code's own.
    public let statusOverride: Int?
    /// Where the error is about keys of a configuration: what is wrong with each. The message tells the same.
    public let keyErrors: [KeyError]

    /// What is wrong with a key of a configuration.
    public struct KeyError: Sendable, Equatable {
        public let key: String
        public let message: String

        public init(_ key: String, _ message: String) {
            self.key = key
            self.message = message
        }
    }

    /// Nanoseconds that have to pass before what failed is tried again, where it is; 0: no wish.
    public let retryAfter: UInt64

    /// An error.
    public init(
        _ code: ErrorCode, _ message: String, detail: String? = nil, status: Int? = nil, keyErrors: [KeyError] = [],
        retryAfter: UInt64 = 0
    ) {
        self.code = code
        self.message = message
        self.detail = detail
        self.statusOverride = status
        self.keyErrors = keyErrors
        self.retryAfter = retryAfter
    }

    /// Status of the REST answer.
    public var httpStatus: Int { statusOverride ?? code.httpStatus }

    /// What the `trace` of a status shows: the one-line cause first, then detail.
    public var trace: String { detail.map { "\(message)\n\($0)" } ?? message }
}

extension ConnectError: CustomStringConvertible {
    public var description: String { "\(message) [\(code.rawValue)]" }
}
