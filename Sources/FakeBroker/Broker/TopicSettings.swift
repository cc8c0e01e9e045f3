internal import KafkaProtocol

/// The settings of topics that somebody may look for, with Kafka's defaults. Those that this broker goes by are
/// `cleanup.policy`, `retention.bytes` and `max.message.bytes`; any other is kept and told.
enum TopicSettings {
    static let defaults: [(name: String, value: String)] = [
        ("cleanup.policy", "delete"), ("compression.type", "producer"), ("delete.retention.ms", "86400000"),
        ("max.message.bytes", "1048588"), ("message.timestamp.type", "CreateTime"), ("min.insync.replicas", "1"),
        ("retention.bytes", "-1"), ("retention.ms", "604800000"), ("segment.bytes", "1073741824"),
    ]

    /// Of one topic beyond which no more settings are taken.
    static let most = 200
    /// Bytes of names and values of one topic.
    static let mostBytes = 32 << 10

    /// Why there are too many settings, or too long ones; nil where there are not.
    static func excess(of settings: [(name: String, value: String)]) -> Refusal? {
        if settings.count > most { return Refusal(.invalidConfig, "More than \(most) settings.") }
        if settings.reduce(0, { $0 + $1.name.utf8.count + $1.value.utf8.count }) > mostBytes {
            return Refusal(.invalidConfig, "Settings of more than \(mostBytes) bytes.")
        }
        return nil
    }

    /// Why settings cannot be taken; nil where they can.
    static func refusal(of settings: [(name: String, value: String)]) -> Refusal? {
        if let refusal = excess(of: settings) { return refusal }
        for (name, value) in settings {
            switch name {
            case "cleanup.policy":
                let policies = value.split(separator: ",").map { $0.filter { $0 != " " } }
                if policies.isEmpty || !policies.allSatisfy({ $0 == "compact" || $0 == "delete" }) {
                    return Refusal(.invalidConfig, "cleanup.policy is compact, delete or both, not '\(value)'.")
                }
            case "retention.bytes", "max.message.bytes":
                if Int(value) == nil { return Refusal(.invalidConfig, "\(name) is a number, not '\(value)'.") }
            default: continue
            }
        }
        return nil
    }
}
