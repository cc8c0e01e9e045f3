import ConnectABI
import ConnectModel
import Synchronization

/// A sink task of a plugin. Confined to its lane, save ``interrupt()`` and ``callUnderWay``.
final class SinkTaskInstance: SinkTaskPort {
    private let functions: kc_sink_task
    private let context: InstanceContext
    private let instance: UnsafeMutableRawPointer
    private let reply = ReplyBuffer()
    private let memory = CMemory()
    private let tables = SinkTables()
    private let batch = UnsafeMutablePointer<kc_batch>.allocate(capacity: 1)
    private var isDestroyed = false
    /// Held for the length of an interrupt, lest the instance is freed under it.
    private let isAlive = Mutex(true)

    init(_ kcClass: PluginClass, _ plugin: PluginDescription, _ services: any SinkTaskServices) throws(ConnectError) {
        guard let functions = kcClass.sinkTask, let create = functions.create else {
            throw ConnectError(.pluginUnusable, "\(plugin.className) has no sink task functions")
        }
        self.functions = functions
        context = InstanceContext(.sink(services), plugin: plugin)
        batch.initialize(to: kc_batch())
        instance = try ConnectorInstance.make(context, reply) { pointer, handle, reply in
            create(kcClass.pointer, HostTable.pointer, pointer, handle, reply)
        }
    }

    deinit { batch.deallocate() }

    func start(_ config: ConfigMap) throws(ConnectError) {
        memory.reset()
        try reply.check(call(.start) { functions.start?(instance, memory.config(config), $0) }, "start")
    }

    func open(_ partitions: [TopicPartition]) throws(ConnectError) {
        guard let open = functions.open else { return }
        memory.reset()
        let list = memory.partitions(partitions)
        try reply.check(call(.open) { open(instance, list, Int32(truncatingIfNeeded: partitions.count), $0) }, "open")
    }

    func put(_ records: SinkBatch) -> PluginOutcome {
        tables.update(records, into: batch)
        batch.pointee.records = kc_table(
            items: UnsafeRawPointer(records.records.baseAddress),
            count: Int32(truncatingIfNeeded: records.records.count), stride: UInt32(MemoryLayout<ConnectRecord>.stride))
        context.lastPut = (UnsafePointer(batch), records.records.count)
        let status = call(.put) { functions.put?(instance, batch, $0) }
        switch status {
        case kc_status(KC_OK): return .ok
        case kc_status(KC_WOULD_BLOCK): return .wouldBlock(retryAfter: reply.hint)
        case kc_status(KC_RETRIABLE): return .retriable(reply.error(status, "put"))
        default: return .fatal(reply.error(status, "put"))
        }
    }

    func preCommit(_ offsets: [TopicPartitionOffset]) throws(ConnectError) -> PreCommitAnswer {
        memory.reset()
        let list = memory.offsets(offsets)
        let count = Int32(truncatingIfNeeded: offsets.count)
        guard let preCommit = functions.pre_commit else {
            if let flush = functions.flush {
                let status = call(.flush) { flush(instance, list, count, $0) }
                if status == KC_WOULD_BLOCK { return .notYet(retryAfter: reply.hint) }
                try reply.check(status, "flush")
            }
            return .safe(offsets)
        }
        var table = kc_table()
        let status = call(.preCommit) { preCommit(instance, list, count, &table, $0) }
        if status == KC_WOULD_BLOCK { return .notYet(retryAfter: reply.hint) }
        try reply.check(status, "pre_commit")
        var safe: [TopicPartitionOffset] = []
        try ConnectorInstance.walk(table, as: kc_topic_offset.self, "offsets") { (entry) throws(ConnectError) in
            guard let topic = try entry.topic.text("the topic of an offset") else {
                throw nonsense("an offset without a topic")
            }
            guard entry.flags & UInt32(KC_OFFSET_PRESENT) != 0 else { return }
            guard entry.offset >= 0 else { throw nonsense("the negative offset \(entry.offset) to commit") }
            safe.append(TopicPartitionOffset(TopicPartition(topic: topic, partition: entry.partition), entry.offset))
        }
        return .safe(safe)
    }

    func close(_ partitions: [TopicPartition]) throws(ConnectError) {
        guard let close = functions.close else { return }
        memory.reset()
        let list = memory.partitions(partitions)
        try reply.check(
            call(.close) { close(instance, list, Int32(truncatingIfNeeded: partitions.count), $0) }, "close")
    }

    func stop() throws(ConnectError) {
        try reply.check(call(.stop) { functions.stop?(instance, $0) }, "stop")
    }

    func destroy() {
        guard !isDestroyed else { return }
        isDestroyed = true
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
