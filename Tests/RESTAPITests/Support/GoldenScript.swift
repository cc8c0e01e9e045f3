import ConnectModel
import JSON

/// What a herder must know and reply so that REST can give a recorded answer: the recording read back into the model's values.
struct GoldenScript {
    let step: GoldenFiles.Step
    let answer: JSONValue

    private var status: Int { answer["status"]?.int64.map(Int.init) ?? 0 }
    private var json: JSONValue? { answer["json"] }
    private var isRead: Bool { step.method == "GET" || step.method == "HEAD" }

    /// The connectors that the answer tells of.
    var snapshot: WorkerSnapshot {
        .ready(isRead && status == 200 ? connectors.sorted { $0.info.name < $1.info.name } : [])
    }

    /// The herder's reply to the command that the step makes.
    var reply: Result<Reply, ConnectError> {
        if status >= 400 {
            return .failure(ConnectError(.workerFailed, json?["message"]?.string ?? "", status: status))
        }
        switch (step.method, status) {
        case (_, 201): return .success(.created(Self.info(json)))
        case ("POST", 202) where json != nil: return .success(.accepted(Self.status(json)))
        case (_, 202), (_, 204): return .success(.done)
        case ("PUT", 200) where step.path.hasSuffix("/validate"): return .success(.validation(Self.validation(json)))
        case ("PUT", 200),
            ("PATCH", 200) where step.path.hasSuffix("/config"):
            return .success(.updated(Self.info(json)))
        case ("PATCH", 200), ("DELETE", 200): return .success(.message(json?["message"]?.string ?? ""))
        case ("GET", 200) where step.path.hasSuffix("/offsets"): return .success(.offsets(Self.offsets(json)))
        default: return .success(.healthy)
        }
    }

    /// Keys of the plugin that the step asks about.
    var keys: Result<[ConfigKeyDescription], ConnectError> {
        if status == 404 { return .failure(ConnectError(.configUnknownClass, "unknown")) }
        return .success(json?.array?.map(Self.key) ?? [])
    }

    private var connectors: [WorkerSnapshot.Connector] {
        let parts = step.path.split(separator: "/").map { String($0.prefix { $0 != "?" }) }
        guard parts.first == "connectors" else { return [] }
        guard parts.count > 1 else {
            if let names = json?.array { return names.compactMap(\.string).map { .named($0) } }
            return json?.object?.members.map { Self.expanded($0.key, $0.value) } ?? []
        }
        let name = json?["name"]?.string ?? parts[1]
        switch parts.dropFirst(2).first {
        case nil:
            let info = Self.info(json)
            return [.named(name, config: info.config, tasks: info.tasks, kind: info.kind)]
        // A configuration may carry another name than its connector's.
        case "config": return [.named(parts[1], config: Self.config(json))]
        case "status": return [.named(name, status: Self.status(json))]
        case "topics": return [.named(name, topics: json?[name]?["topics"]?.array?.compactMap(\.string) ?? [])]
        case "tasks" where parts.count > 3:
            let state = ConnectorStatus(name: name, connector: Self.state(nil), tasks: [Self.task(json)], kind: .source)
            return [.named(name, status: state)]
        case "tasks":
            let tasks = json?.array ?? []
            return [
                .named(
                    name, tasks: tasks.map { Self.id($0["id"]) }, taskConfigs: tasks.map { Self.config($0["config"]) })
            ]
        default: return []
        }
    }

    private static func expanded(_ name: String, _ value: JSONValue) -> WorkerSnapshot.Connector {
        let info = info(value["info"])
        return .named(
            name, config: info.config, tasks: info.tasks, kind: info.kind, status: value["status"].map { status($0) })
    }

    private static func info(_ value: JSONValue?) -> ConnectorInfo {
        ConnectorInfo(
            name: value?["name"]?.string ?? "", config: config(value?["config"]),
            tasks: value?["tasks"]?.array?.map { id($0) } ?? [],
            kind: ConnectorKind(rawValue: value?["type"]?.string ?? "") ?? .unknown)
    }

    private static func config(_ value: JSONValue?) -> ConfigMap {
        ConfigMap(value?.object?.members.map { ($0.key, $0.value.string) } ?? [])
    }

    private static func id(_ value: JSONValue?) -> TaskID {
        TaskID(connector: value?["connector"]?.string ?? "", number: number(value?["task"]))
    }

    private static func number(_ value: JSONValue?) -> Int32 { Int32(clamping: value?.int64 ?? -1) }

    private static func status(_ value: JSONValue?) -> ConnectorStatus {
        ConnectorStatus(
            name: value?["name"]?.string ?? "", connector: state(value?["connector"]),
            tasks: value?["tasks"]?.array?.map { task($0) } ?? [],
            kind: ConnectorKind(rawValue: value?["type"]?.string ?? "") ?? .unknown)
    }

    private static func task(_ value: JSONValue?) -> ConnectorStatus.Task {
        ConnectorStatus.Task(number: number(value?["id"]), status: state(value))
    }

    private static func state(_ value: JSONValue?) -> InstanceStatus {
        InstanceStatus(
            state: InstanceState(rawValue: value?["state"]?.string ?? "") ?? .unassigned,
            trace: value?["trace"]?.string, workerID: value?["worker_id"]?.string ?? "",
            version: value?["version"]?.string)
    }

    private static func offsets(_ value: JSONValue?) -> [OffsetChange] {
        value?["offsets"]?.array?.map {
            OffsetChange(partition: $0["partition"]?.serialized() ?? [], offset: $0["offset"]?.serialized())
        } ?? []
    }

    private static func validation(_ value: JSONValue?) -> ConfigValidation {
        ConfigValidation(
            name: value?["name"]?.string ?? "", errorCount: value?["error_count"]?.int64.map(Int.init) ?? -1,
            groups: strings(value?["groups"]), keys: value?["configs"]?.array?.map { outcome($0) } ?? [])
    }

    private static func outcome(_ value: JSONValue) -> ConfigValidation.Key {
        let found = value["value"]
        return ConfigValidation.Key(
            definition: value["definition"].flatMap { $0 == .null ? nil : key($0) },
            name: found?["name"]?.string ?? "", value: found?["value"]?.string,
            recommendedValues: strings(found?["recommended_values"]), errors: strings(found?["errors"]),
            isVisible: found?["visible"]?.bool == true)
    }

    private static func key(_ value: JSONValue) -> ConfigKeyDescription {
        ConfigKeyDescription(
            name: value["name"]?.string ?? "", type: value["type"]?.string ?? "",
            isRequired: value["required"]?.bool == true, defaultValue: value["default_value"]?.string,
            importance: value["importance"]?.string ?? "", documentation: value["documentation"]?.string ?? "",
            group: value["group"]?.string, order: value["order_in_group"]?.int64.map(Int.init) ?? -2,
            width: value["width"]?.string ?? "", displayName: value["display_name"]?.string ?? "",
            dependents: strings(value["dependents"]))
    }

    private static func strings(_ value: JSONValue?) -> [String] { value?.array?.compactMap(\.string) ?? [] }
}
