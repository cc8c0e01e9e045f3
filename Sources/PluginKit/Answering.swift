import ConnectABI

/// Turns what Swift throws into what C returns.
enum Answering {
    /// Runs a call and answers with its status; an error's text goes into the caller's buffer.
    static func call(_ reply: UnsafeMutablePointer<kc_reply>?, _ body: () throws(PluginError) -> kc_status) -> kc_status
    {
        do throws(PluginError) {
            return try body()
        } catch {
            write(error.message, to: reply)
            switch error.kind {
            case .fatal: return kc_status(KC_FATAL)
            case .retriable(let milliseconds):
                reply?.pointee.hint_ms = milliseconds
                return kc_status(KC_RETRIABLE)
            }
        }
    }

    /// Runs a call that has no answer but success.
    static func run(_ reply: UnsafeMutablePointer<kc_reply>?, _ body: () throws(PluginError) -> Void) -> kc_status {
        call(reply) { () throws(PluginError) in
            try body()
            return kc_status(KC_OK)
        }
    }

    private static func write(_ text: String, to reply: UnsafeMutablePointer<kc_reply>?) {
        guard let reply, let buffer = reply.pointee.error else { return }
        var length = 0
        for byte in text.utf8 where length < Int(reply.pointee.error_capacity) {
            buffer[length] = CChar(bitPattern: byte)
            length += 1
        }
        reply.pointee.error_length = UInt32(clamping: length)
    }
}

/// What a function gets instead of an instance when the caller passed none.
let missingInstance = PluginError.fatal("called without an instance")
