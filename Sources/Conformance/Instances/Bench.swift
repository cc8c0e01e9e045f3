import ConnectABI
import ConnectModel
import PluginHost
import Settings

/// What instances of the class that was asked for are made with.
final class Bench {
    let session: Session
    let options: Options
    let library: Library
    let kcClass: UnsafePointer<kc_class>
    let shape: HostShape
    let host: UnsafePointer<kc_host>
    /// What the class declares, as the worker's engine takes it.
    let table: SettingsTable
    /// The configuration that instances get.
    let config: [ConfigPair]

    var isSource: Bool { kcClass.pointee.kind == Int32(KC_CLASS_SOURCE) }
    /// Nobody gave a configuration.
    var isGuessed: Bool { options.config == nil }

    init(_ subject: Check.Subject, _ shape: HostShape = .usual) throws(CheckEnd) {
        session = subject.session
        options = subject.options
        library = try Library(subject)
        let name = options.className ?? ""
        guard let found = library.kcClass(name) else {
            let known = library.classes.map { StringCheck.text($0.pointee.name) }
            throw .misused("\(options.library) has no class '\(name)'. It has: \(known.joined(separator: ", ")).")
        }
        kcClass = found
        self.shape = shape
        host = HostTable.make(shape)
        let fullName = StringCheck.text(found.pointee.name)
        table = PluginInspection.table(of: fullName, in: UnsafeRawPointer(library.plugin)) ?? SettingsTable()
        config = Self.config(subject.options, table, fullName)
    }

    private static func config(_ options: Options, _ table: SettingsTable, _ className: String) -> [ConfigPair] {
        var map = options.config ?? ConfigMap()
        if !map.contains("name") { map.set("name", "conformance") }
        map.set("connector.class", map["connector.class"] ?? className)
        if !map.contains("tasks.max") { map.set("tasks.max", "2") }
        if options.config == nil {
            for key in table.keys where key.isRequired { map.set(key.name, guess(key)) }
        }
        return map.entries.compactMap { entry in entry.value.map { ConfigPair(key: entry.key, value: $0) } }
    }

    /// A value that a required key may take.
    private static func guess(_ key: SettingKey) -> String {
        let candidates = (key.recommender?.values(key.name, [:]) ?? []) + ["conformance", "1", "true", "0", "100"]
        let alone = SettingsTable([key])
        return candidates.first { alone.validate([key.name: $0]).errorCount == 0 } ?? "conformance"
    }

    /// Makes a connector.
    func connector(_ context: HostContext? = nil) throws(CheckEnd) -> ConnectorInstance {
        let instance = ConnectorInstance(self, context ?? HostContext(.connector, session, shape))
        guard instance.handle != nil else { throw .stop }
        return instance
    }

    /// Makes a source task.
    func sourceTask(_ context: HostContext? = nil) throws(CheckEnd) -> SourceTaskInstance {
        let instance = SourceTaskInstance(self, context ?? HostContext(.sourceTask, session, shape))
        guard instance.handle != nil else { throw .stop }
        return instance
    }

    /// Makes a sink task.
    func sinkTask(_ context: HostContext? = nil) throws(CheckEnd) -> SinkTaskInstance {
        let instance = SinkTaskInstance(self, context ?? HostContext(.sinkTask, session, shape))
        guard instance.handle != nil else { throw .stop }
        return instance
    }

    /// The end of a check that found nothing to check: a mistake only where somebody gave a configuration for it.
    func nothing(_ reason: String) -> CheckEnd {
        guard !isGuessed else { return .skip("\(reason) (the configuration was guessed: give one with --config)") }
        session.problem(reason)
        return .stop
    }

    /// What a start with the given configuration answered; ends the check where that failed.
    func started(_ instance: Instance, _ config: [ConfigPair]) throws(CheckEnd) {
        let answer = instance.start(config)
        guard !answer.isOK else { return }
        instance.destroy()
        if isGuessed {
            throw .skip(
                "start refuses the guessed configuration: \(answer.text); give one that works with --config")
        }
        session.problem("\(instance.kind): start refuses the given configuration: \(answer.text)")
        throw .stop
    }

    /// The configurations of tasks that a connector gives for the configuration, with what a worker adds.
    func taskConfigs(_ most: Int32) throws(CheckEnd) -> [[ConfigPair]] {
        let connector = try connector()
        try started(connector, config)
        let configs = connector.taskConfigs(most)
        connector.stop()
        connector.destroy()
        guard !configs.isEmpty else {
            if session.hasProblems || session.isOutOfTime { throw .stop }
            throw nothing("the connector has no work for a task with this configuration")
        }
        return configs.map { pairs in
            var pairs = pairs
            func add(_ key: String, _ value: String) {
                if !pairs.contains(where: { $0.key == key }) { pairs.append(ConfigPair(key: key, value: value)) }
            }
            add("task.class", StringCheck.text(kcClass.pointee.name) + "Task")
            if !isSource { add("topics", SinkBatch.topic) }
            return pairs
        }
    }

    /// The pause that a worker makes between two calls of an instance now and then: services that a thread of the
    /// library calls meanwhile are outside of any call.
    func rest() { Monotonic.sleep(0.02) }

    /// The configuration of one task.
    func taskConfig() throws(CheckEnd) -> [ConfigPair] { try taskConfigs(1).first ?? [] }
}
