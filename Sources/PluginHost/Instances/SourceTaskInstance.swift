import ConnectABI
import ConnectModel
import Synchronization

/// A source task of a plugin. Confined to its lane, save ``interrupt()`` and ``callUnderWay``.
final class SourceTaskInstance: SourceTaskPort {
    /// A wish that the plugin may overstep: one batch of about this many records.
    private static let wishedRecords: Int32 = 8192

    private let functions: kc_source_task
    private let context: InstanceContext
    private let instance: UnsafeMutableRawPointer
    private let reply = ReplyBuffer()
    private let memory = CMemory()
    private let batches = BatchImport()
    /// The batch that is out; the host has one at a time.
    private var polled: UnsafePointer<kc_batch>?
    /// Records acknowledged so far: the number of the next one.
    private var acknowledgedRecords: UInt64 = 0
    private var isDestroyed = false
    /// Held for the length of an interrupt, lest the instance is freed under it.
    private let isAlive = Mutex(true)

    init(_ kcClass: PluginClass, _ plugin: PluginDescription, _ services: any SourceTaskServices) throws(ConnectError) {
        guard let functions = kcClass.sourceTask, let create = functions.create else {
            throw ConnectError(.pluginUnusable, "\(plugin.className) has no source task functions")
        }
        self.functions = functions
        context = InstanceContext(.source(services), plugin: plugin)
        instance = try ConnectorInstance.make(context, reply) { pointer, handle, reply in
            create(kcClass.pointer, HostTable.pointer, pointer, handle, reply)
        }
    }

    func start(_ config: ConfigMap) throws(ConnectError) {
        memory.reset()
        let status = call(.start) { functions.start?(instance, memory.config(config), $0) }
        try reply.check(status, "start")
    }

    func poll(_ batch: SourceBatch) -> PluginOutcome {
        var pointer: UnsafePointer<kc_batch>?
        let status = call(.poll) { functions.poll?(instance, Self.wishedRecords, &pointer, $0) }
        if status != KC_OK, status != KC_WOULD_BLOCK, let pointer {
            // Nothing of it is used, but it is the host's to give back, as any batch.
            polled = pointer
            release(batch)
        }
        switch status {
        case kc_status(KC_OK), kc_status(KC_WOULD_BLOCK):
            guard let pointer else {
                batch.records = UnsafeMutableBufferPointer(start: nil, count: 0)
                return status == KC_OK ? .ok : .wouldBlock(retryAfter: reply.hint)
            }
            polled = pointer
            do throws(ConnectError) {
                try batches.take(pointer, into: batch)
                return .ok
            } catch {
                release(batch)
                return .fatal(error)
            }
        case kc_status(KC_RETRIABLE): return .retriable(reply.error(status, "poll"))
        default: return .fatal(reply.error(status, "poll"))
        }
    }

    func release(_ batch: SourceBatch) {
        batch.records = UnsafeMutableBufferPointer(start: nil, count: 0)
        guard let pointer = polled else { return }
        polled = nil
        context.during(.release) { functions.release_batch?(instance, pointer) }
    }

    func acknowledged(count: Int, dropped: [Range<Int>]) throws(ConnectError) {
        guard count > 0 else { return }
        let first = acknowledgedRecords
        acknowledgedRecords &+= UInt64(count)
        guard let acknowledged = functions.acknowledged else { return }
        guard !dropped.isEmpty else {
            var range = Self.acknowledgement(of: 0..<count, after: first, wasDropped: false)
            return try reply.check(call(.acknowledged) { acknowledged(instance, &range, 1, $0) }, "acknowledged")
        }
        var ranges: [kc_acknowledgement] = []
        var end = 0
        for run in dropped {
            if run.lowerBound > end {
                ranges.append(Self.acknowledgement(of: end..<run.lowerBound, after: first, wasDropped: false))
            }
            ranges.append(Self.acknowledgement(of: run, after: first, wasDropped: true))
            end = run.upperBound
        }
        if end < count { ranges.append(Self.acknowledgement(of: end..<count, after: first, wasDropped: false)) }
        let status = ranges.withUnsafeBufferPointer { ranges in
            call(.acknowledged) {
                acknowledged(instance, ranges.baseAddress, Int32(truncatingIfNeeded: ranges.count), $0)
            }
        }
        try reply.check(status, "acknowledged")
    }

    private static func acknowledgement(
        of run: Range<Int>, after first: UInt64, wasDropped: Bool
    ) -> kc_acknowledgement {
        var range = kc_acknowledgement()
        range.first = first &+ UInt64(run.lowerBound)
        range.count = Int64(run.count)
        range.partition = -1
        range.offset = -1
        range.flags = wasDropped ? UInt32(KC_ACKNOWLEDGED_DROPPED) : 0
        return range
    }

    func commit() throws(ConnectError) {
        guard let commit = functions.commit else { return }
        try reply.check(call(.commit) { commit(instance, $0) }, "commit")
    }

    func stop() throws(ConnectError) {
        try reply.check(call(.stop) { functions.stop?(instance, $0) }, "stop")
    }

    func destroy() {
        guard !isDestroyed else { return }
        isDestroyed = true
        if let pointer = polled {
            polled = nil
            functions.release_batch?(instance, pointer)
        }
        context.during(.destroy) {
            isAlive.withLock { $0 = false }
            functions.destroy?(instance)
        }
        context.release()
    }

    func interrupt() {
        isAlive.withLock { isAlive in
            if isAlive { functions.interrupt?(instance) }
        }
    }

    var callUnderWay: String? { context.callUnderWay }

    @inline(__always)
    private func call(
        _ call: InstanceContext.Call, _ body: (UnsafeMutablePointer<kc_reply>) -> kc_status?
    ) -> kc_status {
        context.memory.reset()
        return context.during(call) { body(reply.fresh()) } ?? kc_status(KC_FATAL)
    }
}
