import CConformance
import CText
import ConnectABI
import Glibc

/// The reply of calls on one instance, its room for a text ending at a guarded page.
final class GuardedReply {
    private let memory: LentMemory
    private let text: UnsafeMutablePointer<CChar>?
    private let reply: UnsafeMutablePointer<kc_reply>
    private let capacity: Int
    private let size: UInt32

    init(_ shape: HostShape) {
        capacity = shape.errorCapacity
        memory = LentMemory("the reply or its room for \(shape.errorCapacity) bytes of text", shape)
        size = UInt32(MemoryLayout<kc_reply>.size + shape.extraBytes)
        text =
            capacity == 0 ? nil : memory.allocate(capacity, alignment: 1).bindMemory(to: CChar.self, capacity: capacity)
        reply = memory.allocate(Int(size)).bindMemory(to: kc_reply.self, capacity: 1)
    }

    /// The reply, empty, for the next call.
    func fresh() -> UnsafeMutablePointer<kc_reply> {
        if let text { memset(text, 0, capacity) }
        reply.pointee = kc_reply(
            struct_size: size, error_capacity: UInt32(capacity), error: text, error_length: 0, hint_ms: 0)
        return reply
    }

    var hint: Double { Double(reply.pointee.hint_ms) / 1000 }

    /// The text that the library left.
    var message: String {
        guard let text else { return "" }
        let length = min(Int(reply.pointee.error_length), capacity)
        return String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
    }

    /// What is wrong with the answer to a call.
    func problems(_ status: kc_status) -> [String] {
        var problems: [String] = []
        let now = reply.pointee
        if !(Int32(KC_OK)...Int32(KC_WOULD_BLOCK)).contains(status) {
            problems.append("answered \(status), which is no kc_status")
        }
        if now.struct_size != size || now.error_capacity != UInt32(capacity) || now.error != text {
            problems.append("changed the first fields of the reply, which are the host's")
        }
        guard Int(now.error_length) <= capacity else {
            problems.append(
                "says that its text has \(now.error_length) bytes where there is room for \(capacity): cut it to reply->error_capacity"
            )
            return problems
        }
        if now.hint_ms > UInt32(Int32.max), status == KC_RETRIABLE || status == KC_WOULD_BLOCK {
            problems.append(
                "wants to be called again after \(now.hint_ms) ms, a negative number: a worker takes an hour at most")
        }
        guard let text, status != KC_OK, status != KC_WOULD_BLOCK else { return problems }
        let bytes = UnsafeRawBufferPointer(start: text, count: Int(now.error_length))
        // Some leave the last byte for a zero.
        if bytes.isEmpty, capacity > 1 {
            let isForgotten = (0..<min(capacity, 16)).contains { text[$0] != 0 }
            problems.append(
                isForgotten
                    ? "wrote a text and left reply->error_length at 0, so that nobody sees it"
                    : "failed without a text: write one line into reply->error that says what could not be done, and why"
            )
        } else if bytes.contains(0) {
            problems.append("has a zero byte in its text: reply->error_length counts none")
        } else if !Self.isText(bytes, isCut: bytes.count >= capacity - 4) {
            problems.append("has a text that is not UTF-8")
        }
        return problems
    }

    /// Whether it is UTF-8, the last character perhaps cut.
    private static func isText(_ bytes: UnsafeRawBufferPointer, isCut: Bool) -> Bool {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return true }
        return (0...(isCut ? min(3, bytes.count) : 0)).contains { text_is_utf8(start, bytes.count - $0) }
    }
}
