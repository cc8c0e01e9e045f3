package import Settings

/// A worker's configuration, read, resolved, checked: what the program is built from.
package struct WorkerConfig: Sendable {
    /// What the worker is to be.
    package enum Mode: Sendable, Equatable {
        case standalone
        case distributed
        /// Distributed where `group.id` is given, else standalone.
        case automatic
    }

    /// The outcome of a file: the configuration unless an error stands among the problems.
    package struct Loaded: Sendable {
        package let config: WorkerConfig?
        /// Errors and warnings in the order of the file, what is missing at the end.
        package let problems: [Problem]
    }

    /// Standalone or distributed.
    package let mode: Mode
    /// The parsed keys. Unknown ones and those of other parts are in `originals`, references resolved.
    package let settings: Settings
    /// Resolves references to config providers in connector and task configurations.
    package let transformer: ConfigTransformer
    /// The addresses of the REST server.
    package let listeners: [Listener]
    /// Nil: admin calls on the ordinary listeners. Empty: none at all.
    package let adminListeners: [Listener]?
    package let responseHeaders: [ResponseHeaderRule]

    init(
        mode: Mode, settings: Settings, transformer: ConfigTransformer, listeners: [Listener],
        adminListeners: [Listener]?, responseHeaders: [ResponseHeaderRule]
    ) {
        self.mode = mode
        self.settings = settings
        self.transformer = transformer
        self.listeners = listeners
        self.adminListeners = adminListeners
        self.responseHeaders = responseHeaders
    }

    /// What the parts know of their keys that are built from the configuration: errors, each with the key that it is about.
    ///
    /// - Parameters:
    ///   - values: every key of the file, references resolved.
    ///   - mode: never automatic.
    package typealias Checks = (_ values: [String: String], _ mode: Mode) -> [(key: String, message: String)]

    /// Reads a worker's file, YAML or properties, and reports everything that is wrong with it at once.
    ///
    /// - Parameters:
    ///   - checks: what else is checked before the file is found good.
    ///   - isToRun: false where the file is only looked at, perhaps by somebody who has not the service's credentials: keys
    ///     that refer to them are told then and not checked.
    package static func load(
        file: String, mode: Mode, environment: [String: String] = ProcessEnvironment.variables(),
        checks: Checks? = nil, isToRun: Bool = true
    ) -> Loaded {
        load(
            ConfigFile.readWorker(file), mode: mode, environment: environment, checks: checks, isToRun: isToRun)
    }

    /// The same for a document that was read already.
    package static func load(
        _ document: ConfigDocument, mode: Mode, environment: [String: String], checks: Checks? = nil,
        isToRun: Bool = true
    ) -> Loaded {
        var loader = WorkerConfigLoader(document: document, mode: mode, checks: checks, isToRun: isToRun)
        return loader.load(environment: environment)
    }
}

extension WorkerConfig {
    // MARK: Kafka

    package var isDistributed: Bool { mode == .distributed }
    package var bootstrapServers: [String] { settings.list("bootstrap.servers") ?? [] }
    package var clientID: String { settings.originals["client.id"] ?? "" }
    package var requestTimeoutMs: Int { settings.int("request.timeout.ms") ?? 40_000 }
    package var retryBackoffMs: Int64 { settings.int64("retry.backoff.ms") ?? 100 }
    package var retryBackoffMaxMs: Int64 { settings.int64("retry.backoff.max.ms") ?? 1_000 }

    // MARK: Cluster

    /// Nil for a standalone worker.
    package var groupID: String? { isDistributed ? settings.string("group.id") : nil }
    package var sessionTimeoutMs: Int { settings.int("session.timeout.ms") ?? 10_000 }
    package var heartbeatIntervalMs: Int { settings.int("heartbeat.interval.ms") ?? 3_000 }
    package var rebalanceTimeoutMs: Int { settings.int("rebalance.timeout.ms") ?? 60_000 }
    package var workerSyncTimeoutMs: Int { settings.int("worker.sync.timeout.ms") ?? 3_000 }
    package var workerUnsyncBackoffMs: Int { settings.int("worker.unsync.backoff.ms") ?? 300_000 }
    package var scheduledRebalanceMaxDelayMs: Int { settings.int("scheduled.rebalance.max.delay.ms") ?? 10_000 }
    /// `eager`, `compatible` or `sessioned`.
    package var connectProtocol: String { (settings.string("connect.protocol") ?? "sessioned").lowercased() }
    /// `disabled`, `preparing` or `enabled`.
    package var exactlyOnceSourceSupport: String {
        (settings.string("exactly.once.source.support") ?? "disabled").lowercased()
    }
    package var keyTTLMs: Int { settings.int("inter.worker.key.ttl.ms") ?? 3_600_000 }
    package var keyGenerationAlgorithm: String {
        settings.string("inter.worker.key.generation.algorithm") ?? "HmacSHA256"
    }
    /// Bits; nil for the algorithm's own size.
    package var keySize: Int? { settings.int("inter.worker.key.size") }
    package var signatureAlgorithm: String { settings.string("inter.worker.signature.algorithm") ?? "HmacSHA256" }
    package var verificationAlgorithms: [String] {
        settings.list("inter.worker.verification.algorithms") ?? ["HmacSHA256"]
    }

    // MARK: Stores

    /// Nil for a distributed worker.
    package var offsetStorageFile: String? { settings.string("offset.storage.file.filename") }
    package var offsetFlushIntervalMs: Int64 { settings.int64("offset.flush.interval.ms") ?? 60_000 }
    package var offsetFlushTimeoutMs: Int64 { settings.int64("offset.flush.timeout.ms") ?? 5_000 }

    /// One of the three internal topics of a distributed worker.
    package enum InternalTopic: String, Sendable, CaseIterable {
        case config, offset, status
    }

    package func storageTopic(_ topic: InternalTopic) -> String? { settings.string("\(topic.rawValue).storage.topic") }

    /// −1 for the broker's default. The config topic has one partition whatever is set.
    package func storagePartitions(_ topic: InternalTopic) -> Int {
        switch topic {
        case .config: 1
        case .offset: settings.int("offset.storage.partitions") ?? 25
        case .status: settings.int("status.storage.partitions") ?? 5
        }
    }

    /// −1 for the broker's default.
    package func storageReplicationFactor(_ topic: InternalTopic) -> Int {
        settings.int("\(topic.rawValue).storage.replication.factor") ?? 3
    }

    /// Topic settings for creation, `cleanup.policy` left out, which is always `compact`.
    package func storageTopicSettings(_ topic: InternalTopic) -> [String: String] {
        settings.originals(withPrefix: "\(topic.rawValue).storage.").filter {
            !["topic", "partitions", "replication.factor", "cleanup.policy", "file.filename"].contains($0.key)
        }
    }

    // MARK: Connectors

    package var taskShutdownTimeoutMs: Int64 { settings.int64("task.shutdown.graceful.timeout.ms") ?? 5_000 }
    package var topicCreationEnabled: Bool { settings.bool("topic.creation.enable") ?? true }
    package var topicTrackingEnabled: Bool { settings.bool("topic.tracking.enable") ?? true }
    package var topicTrackingResetAllowed: Bool { settings.bool("topic.tracking.allow.reset") ?? true }
    /// Folders and libraries; nil where the program's own folders are meant.
    package var pluginPath: [String]? { settings.list("plugin.path") }

    /// The worker's converter of a kind, with the options that stand under its prefix.
    package func converter(_ kind: ConverterKind) -> ConverterSetting {
        let standard = kind == .header ? ConverterSetting.simpleHeaderConverter : ""
        return ConverterSetting(
            className: settings.string(kind.key) ?? standard,
            options: settings.originals(withPrefix: kind.key + "."))
    }

    // MARK: Program

    package var eventLoops: Int { settings.int("native.event.loops") ?? 1 }
    /// Level of the root logger, by Kafka's names.
    package var logLevel: String { (settings.string("native.log.level") ?? "INFO").uppercased() }
    /// Levels of single loggers.
    package var logLevels: [String: String] {
        settings.originals(withPrefix: "native.log.levels.").mapValues { $0.uppercased() }
    }
}

/// What a converter converts.
package enum ConverterKind: String, Sendable, CaseIterable {
    case key, value, header

    /// `key.converter` and so on.
    package var key: String { "\(rawValue).converter" }
}

/// A converter's class and its options without their prefix.
package struct ConverterSetting: Sendable, Equatable {
    package static let simpleHeaderConverter = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

    package let className: String
    package let options: [String: String]

    package init(className: String, options: [String: String]) {
        self.className = className
        self.options = options
    }
}
