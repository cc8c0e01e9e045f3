import ConnectModel
import JSON
import Settings
import Testing

@testable import ConnectConfig

/// What a worker of Apache Kafka 4.3.1 answered (`Recorded/`), and a catalogue of the classes that it had.
enum Recorded {
    static func json(_ name: String) throws -> JSONValue {
        let folder = #filePath.split(separator: "/").dropLast().joined(separator: "/")
        return try JSONValue.parse(FileContents.read("/\(folder)/Recorded/\(name).json"))
    }

    /// The classes with the keys that the worker told; validators are not told and are added where a test needs them.
    static func catalog() throws -> ClassCatalog {
        var entries: [String: (kinds: [ClassKind], version: String, table: SettingsTable)] = [:]
        for entry in try json("classes").array ?? [] {
            let name = entry["class"]?.string ?? ""
            let kind: ClassKind =
                switch entry["type"]?.string {
                case "transformation": .transformation
                case "predicate": .predicate
                case "converter": .converter
                case "header_converter": .headerConverter
                default: .connector
                }
            let table = SettingsTable((entry["keys"]?.array ?? []).compactMap { key($0, of: name) })
            let kinds = (entries[name]?.kinds ?? []) + [kind]
            entries[name] = (kinds, entry["version"]?.string ?? "", table)
        }
        return ClassCatalog(
            entries.map { ClassCatalog.Entry($0.key, $0.value.kinds, version: $0.value.version, table: $0.value.table) }
        )
    }

    /// A key from its description in an answer.
    static func key(_ json: JSONValue, of owner: String) -> SettingKey? {
        guard let name = json["name"]?.string, let type = json["type"]?.string.flatMap(SettingType.init) else {
            return nil
        }
        let isRequired = json["required"] == true
        let standard = json["default_value"]?.string.map(SettingKey.Default.text) ?? .none
        let validator: SettingValidator? =
            switch name {
            case "regex", "pattern": .regularExpression
            case "fields" where owner.contains("MaskField"): .list(emptyAllowed: false, nullAllowed: false, valid: [])
            case "topic" where owner.contains("FileStream"): .nonEmptyString
            default: nil
            }
        return SettingKey(
            name, type, default: isRequired ? .required : standard, validator: validator,
            json["importance"]?.string.flatMap(SettingImportance.init) ?? .low, json["documentation"]?.string ?? "",
            group: json["group"]?.string, order: Int(json["order_in_group"]?.int64 ?? -1),
            width: json["width"]?.string.flatMap(SettingWidth.init) ?? .none, display: json["display_name"]?.string)
    }

    /// The keys that a FileStream connector declares.
    static func fileStream(_ kind: String) throws -> SettingsTable {
        let own: Set<String> = ["file", "topic", "batch.size"]
        return SettingsTable(
            (try json("\(kind)-keys").array ?? []).compactMap { key($0, of: "FileStream") }.filter {
                own.contains($0.name)
            })
    }

    static func table(_ kind: String, policy: OverridePolicy = OverridePolicy.none) throws -> ConnectorConfigTable {
        let json = "org.apache.kafka.connect.json.JsonConverter"
        return ConnectorConfigTable(
            kind: kind == "sink" ? .sink : .source, catalog: try catalog(),
            converters: [.key: json, .value: json, .header: ConverterSetting.simpleHeaderConverter],
            rules: OverrideRules(policy: policy, overrideGuard: OverrideGuard(folders: ["/etc/kafka-connect"])))
    }
}
