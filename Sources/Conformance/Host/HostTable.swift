import ConnectABI
import Glibc
import Synchronization

/// The table of services that the library gets, in memory that it can only read.
enum HostTable {
    /// Makes a table of the given shape. It stays for good, as the rules say.
    static func make(_ shape: HostShape) -> UnsafePointer<kc_host> {
        let memory = LentMemory("the host's table of services", shape)
        let place = memory.allocate(shape.hostBytes)
        // What lies behind the known fields is what a newer host has there.
        memset(place, 0xAA, shape.hostBytes)
        var host = services()
        host.struct_size = UInt32(shape.hostBytes)
        host.abi_major = UInt16(KC_ABI_MAJOR)
        host.abi_minor = shape.extraBytes > 0 ? UInt16(KC_ABI_MINOR) + 7 : UInt16(KC_ABI_MINOR)
        host.name = text("kafka-connect-conformance", memory)
        host.version = text("0.1.0", memory)
        withUnsafeBytes(of: &host) { bytes in
            if let start = bytes.baseAddress {
                place.copyMemory(from: start, byteCount: min(bytes.count, shape.hostBytes))
            }
        }
        memory.keepForGood()
        return UnsafePointer(place.assumingMemoryBound(to: kc_host.self))
    }

    private static func text(_ text: String, _ memory: LentMemory) -> UnsafePointer<CChar> {
        UnsafeRawPointer(memory.bytes(Array(text.utf8) + [0])).assumingMemoryBound(to: CChar.self)
    }

    private static func services() -> kc_host {
        var host = kc_host()
        host.log = { context, level, message, fields, count in
            guard let context = HostContext.of(context) else { return }
            context.used("log")
            context.check(message, "a line of log")
            if !(Int32(KC_LOG_ERROR)...Int32(KC_LOG_TRACE)).contains(level) {
                context.session.problem("a line of log has the level \(level), which is none")
            }
            guard count == 0 || (count > 0 && fields != nil) else {
                return context.session.problem("a line of log has \(count) fields at no address")
            }
            for index in 0..<Int(count) {
                guard let field = fields?[index] else { break }
                context.check(field.key, "the key of a field of log")
                context.check(field.value, "the value of a field of log")
            }
        }
        host.log_enabled = { context, _ in
            HostContext.of(context)?.used("log_enabled")
            return 1
        }
        host.raise_error = { context, message in
            guard let context = HostContext.of(context) else { return }
            context.used("raise_error")
            context.check(message, "the text of raise_error")
            let text = StringCheck.text(message)
            context.state.withLock { $0.raised.append(text) }
        }
        host.request_task_reconfiguration = { context in
            HostContext.of(context)?.used("request_task_reconfiguration", onlyFor: [.connector])
        }
        host.wake = { context in
            guard let context = HostContext.of(context) else { return }
            context.used("wake", onlyFor: [.sourceTask, .sinkTask])
            context.state.withLock { $0.wakes += 1 }
        }
        host.features = { context in
            guard let context = HostContext.of(context) else { return 0 }
            context.used("features")
            return (context.kind == .sinkTask ? UInt32(KC_FEATURE_BAD_RECORDS) : 0) | context.shape.unknownFlags
        }
        host.read_offsets = { HostServices.readOffsets($0, $1, $2, $3, $4) }
        host.report_bad_record = { HostServices.reportBadRecord($0, $1, $2, $3, $4, $5) }
        host.bad_record_stored = { context, _, _ in
            HostContext.of(context)?.used("bad_record_stored", isSerial: true, onlyFor: [.sinkTask])
            return kc_status(KC_OK)
        }
        host.assignment = { HostServices.assignment($0, $1, $2, $3) }
        host.pause = { HostServices.pause("pause", $0, $1, $2, $3) }
        host.resume = { HostServices.pause("resume", $0, $1, $2, $3) }
        host.rewind = { HostServices.rewind($0, $1, $2, $3) }
        host.request_commit = { context in
            HostContext.of(context)?.used("request_commit", isSerial: true, onlyFor: [.sinkTask])
        }
        host.set_retry_timeout = { context, milliseconds in
            HostContext.of(context)?.used("set_retry_timeout", isSerial: true, onlyFor: [.sinkTask])
            HostContext.of(context)?.state.withLock { $0.retryTimeout = Double(milliseconds) / 1000 }
        }
        host.get_extension = { context, name in
            HostContext.of(context)?.used("get_extension")
            if name == nil { HostContext.of(context)?.session.problem("host->get_extension is asked for NULL") }
            return nil
        }
        return host
    }
}

extension HostContext {
    /// Tells what is wrong with a text of the library.
    func check(_ string: kc_string, _ what: String) {
        if let problem = StringCheck.problem(string) { session.problem("\(what) \(problem)") }
    }
}
