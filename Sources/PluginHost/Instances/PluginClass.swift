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
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: ReplyBuffer.capacity)
    private let reply = UnsafeMutablePointer<kc_reply>.allocate(capacity: 1)

    init() {
        reply.initialize(to: kc_reply())
    }

    deinit {
        reply.deallocate()
        text.deallocate()
    }

    /// The reply, empty, for the next call.
    func fresh() -> UnsafeMutablePointer<kc_reply> {
        reply.pointee = kc_reply()
        reply.pointee.struct_size = UInt32(MemoryLayout<kc_reply>.size)
        reply.pointee.error_capacity = UInt32(Self.capacity)
        reply.pointee.error = text
        return reply
    }

    /// Nanoseconds after which to call again; 0 when the plugin leaves it to the host.
    var hint: UInt64 { UInt64(reply.pointee.hint_ms) * 1_000_000 }

    /// The plugin's text, or a sentence that says that it gave none.
    func message(_ call: String) -> String {
        let length = min(Int(reply.pointee.error_length), Self.capacity)
        let given = String(decoding: UnsafeRawBufferPointer(start: text, count: length), as: UTF8.self)
        return given.isEmpty ? "the plugin failed in \(call) and gave no reason" : given
    }

    /// The error of a call that did not answer `KC_OK`.
    func error(_ status: kc_status, _ call: String) -> ConnectError {
        let isRetriable = status == KC_RETRIABLE || status == KC_WOULD_BLOCK
        return ConnectError(isRetriable ? .pluginRetriable : .pluginFailed, message(call))
    }

    /// Throws unless the call answered `KC_OK`.
    func check(_ status: kc_status, _ call: String) throws(ConnectError) {
        guard status == KC_OK else { throw error(status, call) }
    }
}
