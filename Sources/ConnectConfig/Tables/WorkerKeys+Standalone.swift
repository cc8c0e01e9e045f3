internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// What a standalone worker needs besides.
    static let standalone: [SettingKey] = [
        SettingKey(
            "offset.storage.file.filename", .string, default: .required, .high,
            "File to store source connector offsets")
    ]
}
