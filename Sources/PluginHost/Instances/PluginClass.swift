import ConnectABI
import ConnectModel

/// A class of an opened library. The pointers are static, as the ABI promises.
struct PluginClass: @unchecked Sendable {
    // Guard of the unchecked conformance: the class and its tables are constant for the life of the process.
    let pointer: UnsafePointer<kc_class>

    init(_ pointer: UnsafePointer<kc_class>) { self.pointer = pointer }

    /// The connector's functions.
    var connector: kc_connector? { pointer.pointee.connector?.pointee }

    /// A source task's functions.
    var sourceTask: kc_source_task? { pointer.pointee.task?.assumingMemoryBound(to: kc_source_task.self).pointee }

    /// A sink task's functions.
    var sinkTask: kc_sink_task? { pointer.pointee.task?.assumingMemoryBound(to: kc_sink_task.self).pointee }
}

/// A call's `kc_reply` with the buffer for its error text. One per instance, used by one call at a time.
final class ReplyBuffer {
    private static let capacity = 4096
    /// A longer wish, such as a number that was negative once, would look like a task that hangs.
    private static let longestWait: UInt64 = 3_600_000_000_000
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: ReplyBuffer.capacity)
    private let reply = UnsafeMutablePointer<kc_reply>.allocate(capacity: 1)

    /// Something may stand in `text`.
    private var isUsed = false

    init() {
        // What a plugin says that it wrote is shown: nothing of the process's memory may stand there.
        text.initialize(repeating: 0, count: Self.capacity)
        reply.initialize(to: kc_reply())
    }

    deinit {
        reply.deallocate()
        text.deallocate()
    }

    /// The reply, empty, for the next call.
    func fresh() -> UnsafeMutablePointer<kc_reply> {
        if isUsed || reply.pointee.error_length > 0 {
            text.update(repeating: 0, count: Self.capacity)
            isUsed = false
        }
        reply.pointee = kc_reply()
        reply.pointee.struct_size = UInt32(MemoryLayout<kc_reply>.size)
        reply.pointee.error_capacity = UInt32(Self.capacity)
        reply.pointee.error = text
        return reply
    }

    /// Nanoseconds after which to call again, an hour at most; 0 when the plugin leaves it to the host.
    var hint: UInt64 { min(UInt64(reply.pointee.hint_ms) * 1_000_000, Self.longestWait) }

    /// The plugin's text up to its first zero byte, or a sentence that says that it gave none.
    func message(_ call: String) -> String {
        // A plugin that failed may have written and forgotten the length.
        isUsed = true
        let claimed = Int(reply.pointee.error_length)
        let bytes = UnsafeRawBufferPointer(start: text, count: min(claimed, Self.capacity))
        var given = String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        if given.isEmpty { given = "the plugin failed in \(call) and gave no reason" }
        if claimed > Self.capacity {
            given += " (the plugin says that its text has \(claimed) bytes; there is room for \(Self.capacity))"
        }
        return given
    }

    /// The error of a call that did not answer `KC_OK`.
    func error(_ status: kc_status, _ call: String) -> ConnectError {
        let isRetriable = status == KC_RETRIABLE || status == KC_WOULD_BLOCK
        guard isRetriable else { return ConnectError(.pluginFailed, message(call)) }
        return ConnectError(.pluginRetriable, message(call), retryAfter: hint)
    }

    /// Throws unless the call answered `KC_OK`.
    func check(_ status: kc_status, _ call: String) throws(ConnectError) {
        guard status == KC_OK else { throw error(status, call) }
    }
}
