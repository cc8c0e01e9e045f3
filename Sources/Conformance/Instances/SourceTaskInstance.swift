import ConnectABI

/// A batch of a source task, looked at once and remembered as it was.
struct PolledBatch {
    let pointer: UnsafePointer<kc_batch>
    let checksum: Checksum
    let count: Int
}

/// A source task of the library.
final class SourceTaskInstance: Instance {
    private let functions: kc_source_task
    private let batches = BatchCheck()
    private(set) var out: [PolledBatch] = []
    /// Records that polls have given.
    private(set) var polledRecords: UInt64 = 0
    private var acknowledgedRecords: UInt64 = 0
    /// What the newest poll answered.
    private(set) var lastPoll: Answer?
    /// Whether the offsets of all records are kept in ``traces``.
    var keepsOffsets = false
    /// By source partition.
    private(set) var traces: [SampleValue: OffsetTrace] = [:]

    init(_ bench: Bench, _ context: HostContext) {
        functions = bench.kcClass.pointee.task.map { Library.functions($0, zero: kc_source_task()) } ?? kc_source_task()
        super.init(
            bench,
            Functions(
                create: functions.create, start: functions.start, stop: functions.stop,
                interrupt: functions.interrupt, destroy: functions.destroy), context)
    }

    var canBeInterrupted: Bool { functions.interrupt != nil }

    /// Polls once. What came is looked at, and stays out.
    ///
    /// - Returns: the answer, and the batch where there is one.
    func poll(_ most: Int32 = 100) -> (answer: Answer, batch: PolledBatch?) {
        var pointer: UnsafePointer<kc_batch>?
        let answer = run("poll") { functions.poll?(handle, most, &pointer, $0) ?? kc_status(KC_FATAL) }
        lastPoll = answer
        guard let pointer else { return (answer, nil) }
        guard !out.contains(where: { $0.pointer == pointer }) else {
            session.problem("source task: poll hands out a batch that is out already: wait for its release_batch")
            return (answer, nil)
        }
        let batch = session.call("the look at the batch that poll gave") { inspect(pointer) }
        out.append(batch)
        if answer.isFatal || answer.status == KC_RETRIABLE {
            // It is to be given back like any other, and nothing of it is used.
            release(batch)
            return (answer, nil)
        }
        return (answer, batch)
    }

    private func inspect(_ pointer: UnsafePointer<kc_batch>) -> PolledBatch {
        if let problem = batches.problem(pointer) {
            session.problem("source task: poll: \(problem)")
            return PolledBatch(pointer: pointer, checksum: Checksum(), count: 0)
        }
        let records = TableCheck.items(pointer.pointee.records, as: kc_record.self)
        let partitions = TableCheck.items(pointer.pointee.source_partitions, as: kc_source_partition.self)
        for record in records where keepsOffsets {
            let partition = partitions[Int(record.source_partition)]
            let key = SampleValue(partition.partition).stored
            var offset = SampleValue(record.offset).stored
            if record.offset.kind == UInt8(KC_INT64) {
                offset = .map([.text(StringCheck.text(partition.offset_key)), offset])
            }
            guard offset != .null else { continue }
            traces[key, default: OffsetTrace()].add(offset)
        }
        polledRecords += UInt64(records.count)
        return PolledBatch(pointer: pointer, checksum: Checksum.batch(pointer.pointee), count: records.count)
    }

    /// Gives a batch back, after a look whether it is as it was.
    func release(_ batch: PolledBatch) {
        guard let index = out.firstIndex(where: { $0.pointer == batch.pointer }) else { return }
        out.remove(at: index)
        let isSame = session.call("the look at a batch before its release") {
            batch.count == 0 || Checksum.batch(batch.pointer.pointee) == batch.checksum
        }
        if !isSame {
            session.problem(
                "source task: a batch has changed while it was out: it is the host's to read until release_batch")
        }
        context.enter()
        session.call("release_batch of the source task") { functions.release_batch?(handle, batch.pointer) }
        context.leave()
    }

    func releaseAll() { for batch in out { release(batch) } }

    /// Tells of all records that came so far: in two ranges, the second of them dropped.
    func acknowledge() {
        let count = polledRecords - acknowledgedRecords
        guard count > 0, let acknowledged = functions.acknowledged else { return }
        let memory = memory("acknowledged")
        let stored = max(1, count / 2)
        var ranges = [
            kc_acknowledgement(
                first: acknowledgedRecords, count: Int64(stored), topic: memory.string("topic"), partition: 0,
                flags: UInt32(KC_ACKNOWLEDGED_OFFSET) | context.shape.unknownFlags, offset: Int64(acknowledgedRecords))
        ]
        if count > stored {
            ranges.append(
                kc_acknowledgement(
                    first: acknowledgedRecords + stored, count: Int64(count - stored), topic: kc_string(),
                    partition: -1,
                    flags: UInt32(KC_ACKNOWLEDGED_DROPPED) | context.shape.unknownFlags, offset: -1))
        }
        acknowledgedRecords = polledRecords
        let array = memory.array(ranges)
        let answer = run("acknowledged", lent: [memory]) { acknowledged(handle, array, Int32(ranges.count), $0) }
        if answer.isFatal { session.problem("source task: acknowledged failed: \(answer.text)") }
    }

    func commit() {
        guard let commit = functions.commit else { return }
        let answer = run("commit") { commit(handle, $0) }
        if answer.isFatal { session.problem("source task: commit failed: \(answer.text)") }
    }

    override func destroy() {
        // Every batch is released before.
        releaseAll()
        super.destroy()
    }
}
