import ConnectABI
import ConnectModel
import Logging

/// The table of services that every plugin instance gets. Static: made once and never freed.
enum HostTable {
    /// The one table.
    nonisolated(unsafe) static let pointer: UnsafePointer<kc_host> = {
        // Constant after this initialiser has run.
        var host = kc_host()
        host.struct_size = UInt32(MemoryLayout<kc_host>.size)
        host.abi_major = UInt16(KC_ABI_MAJOR)
        host.abi_minor = UInt16(KC_ABI_MINOR)
        host.name = UnsafePointer(staticText("kafka-connect"))
        host.version = UnsafePointer(staticText("0.1.0"))
        host.log = hostLog
        host.log_enabled = hostLogEnabled
        host.raise_error = hostRaiseError
        host.request_task_reconfiguration = hostRequestTaskReconfiguration
        host.wake = hostWake
        host.features = hostFeatures
        host.read_offsets = hostReadOffsets
        host.report_bad_record = hostReportBadRecord
        host.bad_record_stored = hostBadRecordStored
        host.assignment = hostAssignment
        host.pause = hostPause
        host.resume = hostResume
        host.rewind = hostRewind
        host.request_commit = hostRequestCommit
        host.set_retry_timeout = hostSetRetryTimeout
        host.get_extension = hostGetExtension
        let table = UnsafeMutablePointer<kc_host>.allocate(capacity: 1)
        table.initialize(to: host)
        return UnsafePointer(table)
    }()

    private static func staticText(_ text: StaticString) -> UnsafeMutablePointer<CChar> {
        let copy = UnsafeMutablePointer<CChar>.allocate(capacity: text.utf8CodeUnitCount + 1)
        for index in 0..<text.utf8CodeUnitCount { copy[index] = CChar(bitPattern: text.utf8Start[index]) }
        copy[text.utf8CodeUnitCount] = 0
        return copy
    }
}

// C calls these from threads of its own: global functions without isolation.

private func level(_ level: Int32) -> LogLevel {
    switch level {
    case Int32(KC_LOG_ERROR): return .error
    case Int32(KC_LOG_WARNING): return .warn
    case Int32(KC_LOG_INFO): return .info
    case Int32(KC_LOG_DEBUG): return .debug
    default: return .trace
    }
}

private func hostLog(
    _ context: OpaquePointer?, _ number: Int32, _ message: kc_string, _ fields: UnsafePointer<kc_log_field>?,
    _ count: Int32
) {
    guard let context = InstanceContext.of(context) else { return }
    var all = context.fields
    if let fields, count > 0, count <= 64 {
        for field in UnsafeBufferPointer(start: fields, count: Int(count)) {
            guard let key = field.key.fieldName else { continue }
            all.append(LogField(key, field.value.shownText ?? ""))
        }
    }
    context.log.log(level(number), message.shownText ?? "", all)
}

extension kc_string {
    /// A name that may stand in a log line and in the journal: what the worker itself tells has names that a plugin's
    /// field cannot take.
    fileprivate var fieldName: String? {
        guard let bytes, (1...64).contains(length) else { return nil }
        let name = UnsafeBufferPointer(start: bytes, count: Int(length))
        let isPlain = name.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        return isPlain ? "plugin_" + String(decoding: name, as: UTF8.self) : nil
    }
}

private func hostLogEnabled(_ context: OpaquePointer?, _ number: Int32) -> Int32 {
    guard let context = InstanceContext.of(context) else { return 0 }
    return context.log.isEnabled(level(number)) ? 1 : 0
}

private func hostRaiseError(_ context: OpaquePointer?, _ message: kc_string) {
    guard let context = InstanceContext.of(context) else { return }
    let error = ConnectError(.pluginFailed, message.shownText ?? "the plugin raised an error without a reason")
    switch context.services {
    case .connector(let services): services.raiseError(error)
    case .source(let services): services.raiseError(error)
    case .sink(let services): services.raiseError(error)
    }
}

private func hostRequestTaskReconfiguration(_ context: OpaquePointer?) {
    guard case .connector(let services)? = InstanceContext.of(context)?.services else { return }
    services.requestTaskReconfiguration()
}

private func hostWake(_ context: OpaquePointer?) {
    switch InstanceContext.of(context)?.services {
    case .source(let services)?: services.wake()
    case .sink(let services)?: services.wake()
    case .connector?, nil: break
    }
}

private func hostFeatures(_ context: OpaquePointer?) -> UInt32 {
    guard case .sink(let services)? = InstanceContext.of(context)?.services else { return 0 }
    return services.wantsBadRecords ? UInt32(KC_FEATURE_BAD_RECORDS) : 0
}

/// Leaves a text in the plugin's reply.
private func fail(_ reply: UnsafeMutablePointer<kc_reply>?, _ error: ConnectError) -> kc_status {
    if let reply, let room = reply.pointee.error, reply.pointee.error_capacity > 0 {
        var text = error.message
        text.withUTF8 { bytes in
            let count = min(bytes.count, Int(reply.pointee.error_capacity))
            if let start = bytes.baseAddress {
                UnsafeMutableRawPointer(room).copyMemory(from: start, byteCount: count)
            }
            reply.pointee.error_length = UInt32(count)
        }
    }
    return error.code.errorClass == .retriable ? kc_status(KC_RETRIABLE) : kc_status(KC_FATAL)
}

private let wrongInstance = ConnectError(.pluginNonsense, "this service is not for instances of this kind")

private func hostReadOffsets(
    _ pointer: OpaquePointer?, _ partitions: UnsafePointer<kc_value>?, _ count: Int32,
    _ offsets: UnsafeMutablePointer<UnsafePointer<kc_value>?>?, _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    guard let context = InstanceContext.of(pointer), let offsets else { return fail(reply, wrongInstance) }
    guard count >= 0, count <= 1 << 20, count == 0 || partitions != nil else {
        return fail(reply, nonsense("\(count) source partitions to look up"))
    }
    do throws(ConnectError) {
        var keys: [[UInt8]] = []
        for value in UnsafeBufferPointer(start: partitions, count: Int(count)) {
            if let problem = ValueCheck.problem(value.model) {
                throw nonsense("a source partition that holds \(problem)")
            }
            keys.append(try JSONValues.json(of: value.model))
        }
        let stored: [[UInt8]?]
        switch context.services {
        case .source(let services): stored = try services.storedOffsets(for: keys)
        case .connector(let services): stored = try services.storedOffsets(for: keys)
        case .sink: throw wrongInstance
        }
        var values: [kc_value] = []
        for json in stored { values.append(try context.memory.value(json)) }
        offsets.pointee = context.memory.array(values)
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func sink(_ context: OpaquePointer?) throws(ConnectError) -> (InstanceContext, any SinkTaskServices) {
    guard let context = InstanceContext.of(context), case .sink(let services) = context.services else {
        throw wrongInstance
    }
    return (context, services)
}

private func hostReportBadRecord(
    _ context: OpaquePointer?, _ batch: UnsafePointer<kc_batch>?, _ index: Int32, _ message: kc_string,
    _ ticket: UnsafeMutablePointer<UInt64>?, _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    do throws(ConnectError) {
        let (instance, services) = try sink(context)
        guard let batch, let last = instance.lastPut, batch == last.batch else {
            throw nonsense("a bad record of a batch that is not the one that put was given last")
        }
        guard index >= 0, Int(index) < last.count else {
            throw nonsense("a bad record \(index), which is not among the \(last.count) of the batch")
        }
        try services.reportBadRecord(
            index: Int(index), ConnectError(.pluginFailed, message.shownText ?? "the plugin cannot use this record"))
        ticket?.pointee = 0
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func hostBadRecordStored(
    _ context: OpaquePointer?, _ ticket: UInt64, _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    // A report is done with when `report_bad_record` returns: it is counted and logged there.
    kc_status(KC_OK)
}

private func hostAssignment(
    _ context: OpaquePointer?, _ partitions: UnsafeMutablePointer<UnsafePointer<kc_topic_partition>?>?,
    _ count: UnsafeMutablePointer<Int32>?, _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    do throws(ConnectError) {
        let (context, services) = try sink(context)
        let assignment = services.assignment
        partitions?.pointee = context.memory.partitions(assignment)
        count?.pointee = Int32(truncatingIfNeeded: assignment.count)
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func assigned(
    _ partitions: UnsafePointer<kc_topic_partition>?, _ count: Int32, _ services: any SinkTaskServices
) throws(ConnectError) -> [TopicPartition] {
    guard count >= 0, count <= 1 << 20, count == 0 || partitions != nil else { throw nonsense("\(count) partitions") }
    let held = Set(services.assignment)
    var result: [TopicPartition] = []
    for entry in UnsafeBufferPointer(start: partitions, count: Int(count)) {
        let partition = TopicPartition(
            topic: try entry.topic.text("the name of a topic") ?? "", partition: entry.partition)
        guard held.contains(partition) else {
            throw ConnectError(.pluginFailed, "partition \(partition) is not assigned to this task")
        }
        result.append(partition)
    }
    return result
}

private func hostPause(
    _ context: OpaquePointer?, _ partitions: UnsafePointer<kc_topic_partition>?, _ count: Int32,
    _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    do throws(ConnectError) {
        let (_, services) = try sink(context)
        services.pause(try assigned(partitions, count, services))
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func hostResume(
    _ context: OpaquePointer?, _ partitions: UnsafePointer<kc_topic_partition>?, _ count: Int32,
    _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    do throws(ConnectError) {
        let (_, services) = try sink(context)
        services.resume(try assigned(partitions, count, services))
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func hostRewind(
    _ context: OpaquePointer?, _ offsets: UnsafePointer<kc_topic_offset>?, _ count: Int32,
    _ reply: UnsafeMutablePointer<kc_reply>?
) -> kc_status {
    do throws(ConnectError) {
        let (_, services) = try sink(context)
        guard count >= 0, count <= 1 << 20, count == 0 || offsets != nil else { throw nonsense("\(count) offsets") }
        let held = Set(services.assignment)
        var result: [TopicPartitionOffset] = []
        for entry in UnsafeBufferPointer(start: offsets, count: Int(count)) {
            let partition = TopicPartition(
                topic: try entry.topic.text("the name of a topic") ?? "", partition: entry.partition)
            guard held.contains(partition), entry.offset >= 0 else {
                throw ConnectError(
                    .pluginFailed,
                    "partition \(partition) is not assigned to this task, or offset \(entry.offset) is negative")
            }
            result.append(TopicPartitionOffset(partition, entry.offset))
        }
        services.rewind(result)
        return kc_status(KC_OK)
    } catch {
        return fail(reply, error)
    }
}

private func hostRequestCommit(_ context: OpaquePointer?) {
    guard case .sink(let services)? = InstanceContext.of(context)?.services else { return }
    services.requestCommit()
}

private func hostSetRetryTimeout(_ context: OpaquePointer?, _ milliseconds: UInt32) {
    guard case .sink(let services)? = InstanceContext.of(context)?.services else { return }
    services.setRetryTimeout(Int64(milliseconds))
}

private func hostGetExtension(_ context: OpaquePointer?, _ name: UnsafePointer<CChar>?) -> UnsafeRawPointer? {
    // No extension is offered by this version; an unknown name answers NULL.
    nil
}
