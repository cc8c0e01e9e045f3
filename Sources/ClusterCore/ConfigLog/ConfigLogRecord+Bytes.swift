package import ConnectModel
import JSON

// Records of the config log as the config topic carries them.
extension ConfigLogRecord {
    /// Reads a record of the config topic.
    ///
    /// - Returns: nil for one whose value is no JSON, or that has no key: such a record is passed over and does not count for
    ///   the group's config offset.
    package init?(_ record: LogRecord) {
        guard let key = record.key else { return nil }
        // As Java reads texts: bytes that are no UTF-8 make an unknown key, whose record counts all the same.
        let text = String(decoding: key, as: UTF8.self)
        // A value of nothing or of white space reads as null, as Jackson does it.
        guard let bytes = record.value, !bytes.allSatisfy(Self.isSpace) else {
            self.init(key: text, value: nil)
            return
        }
        do throws(JSONError) {
            self.init(key: text, value: try JSONValue.parse(bytes, limits: .internalTopics))
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

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}
