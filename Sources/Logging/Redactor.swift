import Synchronization

/// Replaces the secrets that the worker knows by `[hidden]`, wherever they turn up in a text.
///
/// A secret is hidden as it is and as JSON would spell it. Of two that overlap the longer wins. Safe on any thread.
public final class Redactor: Sendable {
    /// What stands in place of a secret: Kafka's text for passwords.
    public static let replacement = "[hidden]"
    /// Secrets of fewer bytes are not searched for: hiding every "a" would say what the secret is.
    public static let minimumLength = 4

    private struct Patterns {
        /// How often each secret is registered.
        var counts: [String: Int] = [:]
        /// The spellings searched for, by first byte, the longest first; one that two secrets have is there twice.
        var byFirstByte: [[[UInt8]]] = Array(repeating: [], count: 256)

        mutating func add(_ secret: String) {
            guard secret.utf8.count >= Redactor.minimumLength else { return }
            counts[secret, default: 0] += 1
            guard counts[secret] == 1 else { return }
            for spelling in Redactor.spellings(of: secret) {
                guard let first = spelling.first else { continue }
                let place = byFirstByte[Int(first)].firstIndex { $0.count <= spelling.count }
                byFirstByte[Int(first)].insert(spelling, at: place ?? byFirstByte[Int(first)].endIndex)
            }
        }

        mutating func remove(_ secret: String) {
            guard let count = counts[secret] else { return }
            counts[secret] = count > 1 ? count - 1 : nil
            guard count == 1 else { return }
            for spelling in Redactor.spellings(of: secret) {
                guard let first = spelling.first,
                    let place = byFirstByte[Int(first)].firstIndex(of: spelling)
                else { continue }
                byFirstByte[Int(first)].remove(at: place)
            }
        }
    }

    private let patterns = Mutex(Patterns())
    private let isEmpty = Atomic<Bool>(true)

    /// A redactor that knows no secret.
    public init() {}

    /// Hides `secret` from now on, until ``unregister(_:)`` was called as often.
    public func register(_ secret: String) { register([secret]) }

    /// Takes back one ``register(_:)`` of `secret`; unknown ones are ignored.
    public func unregister(_ secret: String) { unregister([secret]) }

    /// Hides `secrets` as long as the answer lives.
    public func hold(_ secrets: [String]) -> SecretHold { SecretHold(secrets, in: self) }

    func register(_ secrets: [String]) {
        patterns.withLock { patterns in
            for secret in secrets { patterns.add(secret) }
            isEmpty.store(patterns.counts.isEmpty, ordering: .releasing)
        }
    }

    func unregister(_ secrets: [String]) {
        patterns.withLock { patterns in
            for secret in secrets { patterns.remove(secret) }
            isEmpty.store(patterns.counts.isEmpty, ordering: .releasing)
        }
    }

    /// `text` with every registered secret replaced.
    public func redact(_ text: String) -> String {
        if isEmpty.load(ordering: .acquiring) { return text }
        let byFirstByte = patterns.withLock { $0.byFirstByte }
        var copy = text
        return copy.withUTF8 { bytes in
            var result: [UInt8] = []
            var position = 0
            var copied = 0
            while position < bytes.count {
                let match = byFirstByte[Int(bytes[position])].first { spelling in
                    spelling.count <= bytes.count - position
                        && bytes[position..<(position + spelling.count)].elementsEqual(spelling)
                }
                guard let match else {
                    position += 1
                    continue
                }
                result += bytes[copied..<position]
                result += Self.replacement.utf8
                position += match.count
                copied = position
            }
            if copied == 0 { return text }
            result += bytes[copied...]
            return String(decoding: result, as: UTF8.self)
        }
    }

    private static func spellings(of secret: String) -> [[UInt8]] {
        let plain = Array(secret.utf8)
        let escaped = escapedForJSON(plain)
        return escaped == plain ? [plain] : [plain, escaped]
    }

    private static func escapedForJSON(_ bytes: [UInt8]) -> [UInt8] {
        let hex = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): result += [UInt8(ascii: "\\"), byte]
            case 0x08: result += "\\b".utf8
            case 0x09: result += "\\t".utf8
            case 0x0A: result += "\\n".utf8
            case 0x0C: result += "\\f".utf8
            case 0x0D: result += "\\r".utf8
            case 0..<0x20: result += "\\u00".utf8 + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: result.append(byte)
            }
        }
        return result
    }
}
