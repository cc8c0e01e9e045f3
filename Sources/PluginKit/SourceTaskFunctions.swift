import ConnectABI

/// A source task with its batches. Lives between `create` and `destroy`.
final class SourceTaskBox {
    let task: any SourceTask
    let context: HostContext
    private let tables = SourceTables()
    /// Batches that no worker holds.
    private var idle: [SourceRecords] = []
    /// Batches that the worker holds, by nothing but their number: few at a time.
    private var lent: [SourceRecords] = []
    /// What the poll threw that the records which are out came from: thrown by the next one.
    private var failure: PluginError?

    init(_ task: any SourceTask, _ context: HostContext) {
        self.task = task
        self.context = context
    }

    func takeIdle() -> SourceRecords { idle.popLast() ?? SourceRecords(tables: tables) }

    func putBack(_ records: SourceRecords) {
        records.reset()
        idle.append(records)
    }

    func lend(_ records: SourceRecords) -> UnsafePointer<kc_batch> {
        lent.append(records)
        return records.seal()
    }

    func release(_ batch: UnsafePointer<kc_batch>?) {
        guard let index = lent.firstIndex(where: { UnsafePointer($0.header) == batch }) else { return }
        let records = lent.remove(at: index)
        task.released(records)
        putBack(records)
    }

    func poll(
        _ maximum: Int32, _ out: UnsafeMutablePointer<UnsafePointer<kc_batch>?>?,
        _ reply: UnsafeMutablePointer<kc_reply>?
    ) throws(PluginError) -> kc_status {
        out?.pointee = nil
        if let failure = failure.take() { throw failure }
        let records = takeIdle()
        var answer = PollAnswer.records
        do throws(PluginError) {
            answer = try task.poll(records, maximum: Int(max(maximum, 1)))
        } catch {
            guard records.count > 0 else {
                putBack(records)
                throw error
            }
            // The task may count them as given: they go out before the failure does.
            failure = error
        }
        if records.count > 0 {
            out?.pointee = lend(records)
            return kc_status(KC_OK)
        }
        putBack(records)
        guard case .nothing(let milliseconds) = answer else { return kc_status(KC_OK) }
        reply?.pointee.hint_ms = milliseconds
        return kc_status(KC_WOULD_BLOCK)
    }

    static func of(_ handle: UnsafeMutableRawPointer?) throws(PluginError) -> SourceTaskBox {
        guard let handle else { throw missingInstance }
        return Unmanaged<SourceTaskBox>.fromOpaque(handle).takeUnretainedValue()
    }
}

/// The C functions of every source task written with this kit.
enum SourceTaskFunctions {
    static var table: kc_source_task {
        var table = kc_source_task()
        table.struct_size = UInt32(MemoryLayout<kc_source_task>.size)
        table.create = { klass, host, context, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard let host, let make = ClassFactory.of(klass)?.makeSourceTask else { throw missingInstance }
                let context = HostContext(host: host, handle: context)
                let box = SourceTaskBox(make(context), context)
                out?.pointee = Unmanaged.passRetained(box).toOpaque()
            }
        }
        table.start = { handle, config, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SourceTaskBox.of(handle).task.start(Borrowed.configuration(config))
            }
        }
        table.poll = { handle, maximum, out, reply in
            Answering.call(reply) { () throws(PluginError) in try SourceTaskBox.of(handle).poll(maximum, out, reply) }
        }
        table.release_batch = { handle, batch in (try? SourceTaskBox.of(handle))?.release(batch) }
        table.commit = { handle, reply in
            Answering.run(reply) { () throws(PluginError) in try SourceTaskBox.of(handle).task.commit() }
        }
        table.acknowledged = { handle, ranges, count, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SourceTaskBox.of(handle).task.acknowledged(
                    Borrowed.elements(ranges, count).map(Acknowledgement.init))
            }
        }
        table.stop = { handle, reply in
            Answering.run(reply) { () throws(PluginError) in try SourceTaskBox.of(handle).task.stop() }
        }
        table.interrupt = { handle in (try? SourceTaskBox.of(handle))?.task.interrupt() }
        table.destroy = { handle in
            guard let handle else { return }
            let box = Unmanaged<SourceTaskBox>.fromOpaque(handle)
            let context = box.takeUnretainedValue().context
            // Before the handle goes: what a deinit logs is still heard.
            box.release()
            context.retire()
        }
        return table
    }
}

extension Acknowledgement {
    init(_ raw: kc_acknowledgement) {
        let isStored = raw.flags & UInt32(KC_ACKNOWLEDGED_OFFSET) != 0
        self.init(
            first: raw.first, count: raw.count,
            stored: isStored
                ? TopicOffset(
                    TopicPartition(topic: Borrowed.text(raw.topic) ?? "", partition: raw.partition), offset: raw.offset)
                : nil,
            wasDropped: raw.flags & UInt32(KC_ACKNOWLEDGED_DROPPED) != 0)
    }
}
