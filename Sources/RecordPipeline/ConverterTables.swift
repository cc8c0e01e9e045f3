package import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).

/// The keys that converters take, without their prefix.
extension ConverterFactory {
    /// The table of a converter by its full name; empty for one without keys.
    package static func table(of className: String) -> SettingsTable {
        switch className {
        case simpleHeaderConverter: return SettingsTable()
        case "org.apache.kafka.connect.json.JsonConverter": return SettingsTable([use] + json)
        case "org.apache.kafka.connect.storage.StringConverter": return SettingsTable([use, encoding])
        default: return SettingsTable([use])
        }
    }

    private static let use = SettingKey(
        "converter.type", .string, default: .required, validator: .oneOf(["key", "value", "header"]), .low,
        "How this converter will be used.")

    private static let encoding = SettingKey(
        "converter.encoding", .string, default: .text("UTF-8"), .high,
        "The name of the Java character set to use for encoding strings as byte arrays.", width: .medium,
        display: "Encoding")

    private static let json: [SettingKey] = [
        SettingKey(
            "schemas.enable", .boolean, default: .text("true"), .high,
            "Include schemas within each of the serialized values and keys.", group: "Schemas", order: 0,
            width: .medium, display: "Enable Schemas"),
        SettingKey(
            "schemas.cache.size", .int, default: .text("1000"), .high,
            "The maximum number of schemas that can be cached in this converter instance.", group: "Schemas", order: 1,
            width: .medium, display: "Schema Cache Size"),
        SettingKey(
            "schema.content", .string, default: .none, .high,
            """
            When set, this is used as the schema for all messages, and the schemas within each of the message will be \
            ignored.Otherwise, the schema will be included in the content of each message. This configuration applies \
            only 'schemas.enable' is true, and it exclusively affects the sink connector.
            """,
            group: "Schemas", order: 2, width: .medium, display: "Schema Content"),
        SettingKey(
            "decimal.format", .string, default: .text("BASE64"), validator: .oneOfIgnoringCase(["BASE64", "NUMERIC"]),
            .low,
            """
            Controls which format this converter will serialize decimals in. This value is case insensitive and can be \
            either 'BASE64' (default) or 'NUMERIC'
            """,
            group: "Serialization", order: 0, width: .medium, display: "Decimal Format"),
        SettingKey(
            "replace.null.with.default", .boolean, default: .text("true"), .low,
            """
            Whether to replace fields that have a default value and that are null to the default value. When set to \
            true, the default value is used, otherwise null is used.
            """,
            group: "Serialization", order: 1, width: .medium, display: "Replace null with default"),
    ]
}
