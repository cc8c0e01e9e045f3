package import ConnectModel
import JSON

// Records of the config log as the config topic carries them.
extension ConfigLogRecord {
    /// Reads a record of the config topic.
    ///
    /// - Returns: nil for one whose value is no JSON, or that has no key: such a record is passed over and does not count for
    ///   the group's config offset.
    package init?(_ record: LogRecord) {
        guard let key = record.key, let text = String(validating: key, as: UTF8.self) else { return nil }
        // An empty value reads as null, as Jackson does it.
        guard let bytes = record.value, !bytes.isEmpty else {
            self.init(key: text, value: nil)
            return
        }
        do throws(JSONError) {
            self.init(key: text, value: try JSONValue.parse(bytes, limits: .jackson))
        } catch {
            return nil
        }
    }

    /// The record as it is written.
    package var entry: LogEntry {
        LogEntry(
            key: Array(key.utf8),
            value: value.map { value in
                var writer = JSONWriter()
                writer.value(value)
                return writer.bytes
            })
    }
}
