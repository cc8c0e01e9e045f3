internal import Logging
internal import Settings

/// Takes a worker's document through its stages: providers, references, table, what no table can check, unknown keys.
struct WorkerConfigLoader {
    private let document: ConfigDocument
    private let mode: WorkerConfig.Mode
    private let checks: WorkerConfig.Checks?
    private let isToRun: Bool
    private var problems: [Problem]
    /// Keys whose values the service alone knows.
    private var unknown: Set<String> = []

    init(
        document: ConfigDocument, mode: WorkerConfig.Mode, checks: WorkerConfig.Checks? = nil, isToRun: Bool = true
    ) {
        self.document = document
        self.isToRun = isToRun
        self.checks = checks
        switch mode {
        case .automatic:
            let hasGroup = document["group.id"]?.value != nil || document.isUnreadable("group.id")
            self.mode = hasGroup ? .distributed : .standalone
        case .standalone, .distributed: self.mode = mode
        }
        problems = document.problems
    }

    mutating func load(environment: [String: String]) -> WorkerConfig.Loaded {
        // Of a file that says nothing its own problems are all there is to tell.
        guard document.isComplete || !document.entries.isEmpty else {
            return WorkerConfig.Loaded(config: nil, problems: problems)
        }
        let (providers, failures) = ConfigProviders.make(from: document.values, environment: environment)
        for failure in failures { error(failure.message, failure.key) }
        let elsewhere = leaveOutCredentials(of: providers)
        let transformer = ConfigTransformer(providers: providers.filter { !elsewhere.contains($0.key) })
        let resolved = resolve(with: transformer)
        let values = resolved ?? document.values
        let settings = parse(values)
        let listeners = parseListeners("listeners", values["listeners"] ?? "http://:8083")
        let adminListeners = values["admin.listeners"].map { parseListeners("admin.listeners", $0) }
        let headers = (try? ResponseHeaderRule.parse(values["response.http.headers.config"] ?? "").get()) ?? []
        if let settings { check(settings) }
        if let resolved { checkParts(resolved) }
        problems += UnknownWorkerKeys.warnings(for: document)
        checkCredentials(declared: providers[CredentialConfigProvider.name] != nil)
        problems = problems.inFileOrder
        guard let settings, !problems.contains(where: { $0.severity == .error }) else {
            return WorkerConfig.Loaded(config: nil, problems: problems)
        }
        hidePasswords(settings)
        let config = WorkerConfig(
            mode: mode, settings: settings, transformer: transformer, listeners: listeners,
            adminListeners: adminListeners, responseHeaders: headers)
        return WorkerConfig.Loaded(config: config, problems: problems)
    }

    /// A reference to a provider that does not exist stays what it is, and would be taken for a password.
    private mutating func checkCredentials(declared: Bool) {
        guard !declared, document.canTell(about: "config.providers") else { return }
        let name = CredentialConfigProvider.name
        for entry in document.entries where ConfigVariable.refers(entry.value ?? "", to: name) {
            warning("${\(name):…} stays as it is: add \(name) to config.providers", entry.key)
        }
    }

    /// Whoever looks at a file has not the credentials that systemd gives to the service.
    ///
    /// - Returns: the providers that cannot be asked here.
    private mutating func leaveOutCredentials(of providers: [String: any ConfigProvider]) -> Set<String> {
        guard !isToRun else { return [] }
        let names = Set(providers.filter { ($0.value as? CredentialConfigProvider)?.isElsewhere == true }.keys)
        guard !names.isEmpty else { return [] }
        for entry in document.entries where ConfigVariable.refers(entry.value ?? "", toAnyOf: names) {
            unknown.insert(entry.key)
            warning("not checked: its credential is known to the service alone", entry.key)
        }
        return names
    }

    /// Nothing is said that only comes of what could not be read.
    private mutating func error(_ message: String, _ key: String) {
        guard document.canTell(about: key), !isOpen(key), !unknown.contains(key) else { return }
        problems.append(Problem(file: document.file, position: document[key]?.position, key: key, message: message))
    }

    private mutating func warning(_ message: String, _ key: String) {
        problems.append(
            Problem(
                file: document.file, position: document[key]?.position, key: key, message: message, severity: .warning))
    }

    /// Whether a value stands as a reference because its provider could not be read.
    private func isOpen(_ key: String) -> Bool {
        guard !document.isComplete, document["config.providers"] == nil, let value = document[key]?.value else {
            return false
        }
        return value.contains("${")
    }

    /// Nil where a reference cannot be resolved.
    private mutating func resolve(with transformer: ConfigTransformer) -> [String: String]? {
        let values = document.values
        do throws(ConfigProviderError) {
            var resolved = try transformer.resolve(values)
            // The folders of plugins are scanned before anything else and are never looked up.
            resolved["plugin.path"] = values["plugin.path"]
            return resolved
        } catch let failure {
            let key = document.entries.first { transformer.refersToProvider($0.value ?? "") }?.key
            error(failure.message, key ?? "config.providers")
            return nil
        }
    }

    /// What the parts say; of a key whose value was found bad before, nothing more.
    private mutating func checkParts(_ values: [String: String]) {
        guard let checks else { return }
        let known = Set(problems.dropFirst(document.problems.count).filter { $0.severity == .error }.compactMap(\.key))
        for (key, message) in checks(values, mode) where !known.contains(key) { error(message, key) }
    }

    private mutating func parse(_ values: [String: String]) -> Settings? {
        let table = mode == .distributed ? WorkerKeys.distributed : WorkerKeys.standaloneWorker
        do throws(SettingsError) {
            return try table.parse(values)
        } catch let failure {
            let open = Set(failure.problems.map(\.key)).intersection(unknown)
            let rest = values.filter { !open.contains($0.key) }
            // What else is wrong shows without those.
            if rest.count < values.count { return parse(rest) }
            for problem in failure.problems { error(problem.message, problem.key) }
            return nil
        }
    }

    private mutating func parseListeners(_ key: String, _ text: String) -> [Listener] {
        var listeners: [Listener] = []
        for part in text.split(separator: ",") {
            let url = part.filter { !$0.isWhitespace }
            guard !url.isEmpty else { continue }
            switch Listener.parse(String(url)) {
            case .success(let listener): listeners.append(listener)
            case .failure(let reason): error("\(key): \(url): \(reason.rawValue)", key)
            }
        }
        return listeners
    }

    /// What concerns several keys, or is taken and means nothing.
    private mutating func check(_ settings: Settings) {
        if let name = settings.string("rest.advertised.listener"), !["http", "https"].contains(name.lowercased()) {
            error(ListenerError.scheme.rawValue, "rest.advertised.listener")
        }
        if let port = settings.int("rest.advertised.port"), !(0...65_535).contains(port) {
            error("Invalid value \(port) for configuration rest.advertised.port: not a port", "rest.advertised.port")
        }
        for entry in document.entries where entry.key.hasPrefix("native.log.levels.") {
            let names = ["OFF", "FATAL", "ERROR", "WARN", "INFO", "DEBUG", "TRACE", "ALL"]
            let level = settings.originals[entry.key] ?? ""
            guard !names.contains(level.uppercased()) else { continue }
            error("\(entry.key) must be one of " + names.joined(separator: ", "), entry.key)
        }
        for topic in WorkerConfig.InternalTopic.allCases
        where document["\(topic.rawValue).storage.cleanup.policy"] != nil {
            warning("ignored: the topic is always compacted", "\(topic.rawValue).storage.cleanup.policy")
        }
        if document["config.storage.partitions"] != nil {
            warning("ignored: the config topic always has one partition", "config.storage.partitions")
        }
        checkPolicy(settings)
        guard mode == .distributed else {
            if settings.string("offset.storage.file.filename")?.isEmpty == true {
                error("the path of a file is missing", "offset.storage.file.filename")
            }
            return
        }
        if let heartbeat = settings.int("heartbeat.interval.ms"), let session = settings.int("session.timeout.ms"),
            heartbeat >= session
        {
            error("Heartbeat must be set lower than the session timeout", "heartbeat.interval.ms")
        }
        if let timeout = settings.int("rebalance.timeout.ms"), timeout < 1 {
            error("rebalance.timeout.ms must be above 0: the group waits for no worker else", "rebalance.timeout.ms")
        }
        checkTopics(settings)
        let signature = settings.string("inter.worker.signature.algorithm") ?? ""
        if let verification = settings.list("inter.worker.verification.algorithms"), !verification.contains(signature) {
            error(
                "Signature algorithm must be present in inter.worker.verification.algorithms list",
                "inter.worker.signature.algorithm")
        }
    }

    /// Records of another kind are passed over with a warning each, and partitions and compaction suit one kind only.
    private mutating func checkTopics(_ settings: Settings) {
        var owners: [String: String] = [:]
        for kind in WorkerConfig.InternalTopic.allCases {
            let key = "\(kind.rawValue).storage.topic"
            guard let topic = settings.string(key), !topic.isEmpty else { continue }
            if let owner = owners[topic] {
                warning("\(topic) is the topic of \(owner) too: give each a topic of its own", key)
            }
            owners[topic] = key
        }
    }

    private mutating func checkPolicy(_ settings: Settings) {
        let name = settings.string(OverrideRules.policyKey) ?? ""
        switch OverridePolicy(name: name, allowlist: []) {
        case nil:
            error(
                "Failed to find any class that implements ConnectorClientConfigOverridePolicy and which name matches "
                    + "\(name), available are: All, None, Principal, Allowlist", OverrideRules.policyKey)
        case .principal?: warning("Principal is deprecated since Kafka 4.2; use Allowlist", OverrideRules.policyKey)
        case .all?, .none?, .allowlist?: break
        }
    }

    private func hidePasswords(_ settings: Settings) {
        for (key, value) in settings.originals where SecretKeys.isSecret(key) { SecretKeys.hide(value) }
    }
}
