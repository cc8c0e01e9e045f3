import CSystemd
import Glibc
public import Logging

/// Writes events to systemd's journal with fields of their own, so that `journalctl CONNECTOR=orders` finds them.
public final class JournalSink: LogSink {
    /// Sends one entry of fields (`NAME=value`); negative where it was not taken.
    typealias Send = @Sendable ([UnsafeRawBufferPointer]) -> Int32

    private let identifier: String
    private let fallback: any LogSink
    private let send: Send

    /// - Parameters:
    ///   - identifier: what `journalctl -t` selects by.
    ///   - fallback: gets the events that the journal does not take.
    public convenience init(identifier: String = "kafka-connect", fallback: any LogSink = TextSink.standardError) {
        self.init(identifier: identifier, fallback: fallback) { fields in
            let vectors = fields.map {
                iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count))
        }
    }

    init(identifier: String, fallback: any LogSink, send: @escaping Send) {
        self.identifier = identifier
        self.fallback = fallback
        self.send = send
    }

    /// Sends all log events of the process to the journal where standard error leads there, else to standard error as
    /// before, and by a thread of its own from now on: journald may be stopped, or nobody reads a pipe, and the worker goes on.
    ///
    /// So too to standard error where a sandbox hides the journal's socket, for which the library would drop events without
    /// a word.
    public static func install() {
        let isConnected = JournalStream.isConnected(to: STDERR_FILENO) && access(socketPath, W_OK) == 0
        LogSystem.setSinks([QueuedSink(isConnected ? JournalSink() : TextSink.standardError)])
    }

    private static let socketPath = "/run/systemd/journal/socket"

    /// Sends `event` as one entry. Waits as long as the journal does not read.
    public func write(_ event: LogEvent) {
        // One buffer for all fields, since the vectors point into it: lengths are known only once it is full.
        var bytes: [UInt8] = []
        var ends: [Int] = []
        for (name, value) in fields(of: event) {
            bytes += name.utf8
            bytes.append(UInt8(ascii: "="))
            bytes += value.utf8
            ends.append(bytes.count)
        }
        let result = bytes.withUnsafeBytes { buffer in
            var start = 0
            return send(
                ends.map { end in
                    defer { start = end }
                    return UnsafeRawBufferPointer(rebasing: buffer[start..<end])
                })
        }
        if result < 0 { fallback.write(event) }
    }

    func fields(of event: LogEvent) -> [(name: String, value: String)] {
        var fields = [
            (name: "MESSAGE", value: event.message),
            (name: "PRIORITY", value: String(event.level.syslogPriority)),
            (name: "SYSLOG_IDENTIFIER", value: identifier),
            (name: "LOGGER", value: event.logger),
        ]
        if event.value(of: LogField.connectorKey) == nil, let task = event.value(of: LogField.taskKey),
            let dash = task.lastIndex(of: "-")
        {
            // Or selecting a connector would miss what its tasks say.
            fields.append((name: "CONNECTOR", value: String(task[..<dash])))
        }
        for field in event.fields {
            guard let name = Self.fieldName(field.key) else { continue }
            fields.append((name: name, value: field.value))
        }
        return fields
    }

    /// The journal takes upper-case letters, digits and underscores, refuses other entries whole, and keeps names that
    /// begin with an underscore to itself.
    private static func fieldName(_ key: String) -> String? {
        let upper = key.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - 32
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: UInt8(ascii: "_")
            }
        }
        guard let first = upper.first, first >= UInt8(ascii: "A"), first <= UInt8(ascii: "Z") else { return nil }
        return String(decoding: upper.prefix(64), as: UTF8.self)
    }
}
