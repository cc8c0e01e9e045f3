import ConnectABI
import Synchronization

/// A sink task of the library.
final class SinkTaskInstance: Instance {
    /// A sink that has put every commit off for so many seconds and so many questions is not one that waits for something.
    private static let longestPutOff = (seconds: 30.0, questions: 5)
    /// Seconds after which a commit that was put off without a hint is asked for again. A worker's interval is longer.
    private static let interval = 5.0

    private let functions: kc_sink_task
    /// Of the next record of each partition, as far as put has taken them.
    private(set) var taken: [HostContext.Partition: Int64] = [:]

    init(_ bench: Bench, _ context: HostContext) {
        functions = bench.kcClass.pointee.task.map { Library.functions($0, zero: kc_sink_task()) } ?? kc_sink_task()
        super.init(
            bench,
            Functions(
                create: functions.create, start: functions.start, stop: functions.stop,
                interrupt: functions.interrupt, destroy: functions.destroy), context)
    }

    var hasPreCommit: Bool { functions.pre_commit != nil }

    func open(_ partitions: [HostContext.Partition]) {
        context.state.withLock { $0.assignment += partitions }
        guard let open = functions.open else { return }
        let memory = memory("open")
        let array = memory.array(partitions.map { $0.kc(in: memory) })
        let answer = run("open", lent: [memory]) { open(handle, array, Int32(partitions.count), $0) }
        if !answer.isOK { session.problem("sink task: open failed: \(answer.text)") }
    }

    func close(_ partitions: [HostContext.Partition]) {
        if let close = functions.close {
            let memory = memory("close")
            let array = memory.array(partitions.map { $0.kc(in: memory) })
            let answer = run("close", lent: [memory]) { close(handle, array, Int32(partitions.count), $0) }
            if !answer.isOK { session.problem("sink task: close failed: \(answer.text)") }
        }
        context.state.withLock { state in state.assignment.removeAll { partitions.contains($0) } }
        for partition in partitions { taken[partition] = nil }
    }

    /// Puts a batch, again and again where the task asks for it.
    @discardableResult
    func put(_ batch: SinkBatch, most: Int = 20) -> Answer {
        let answer = repeated("put", most: most) { putOnce(batch) }
        guard answer.isOK else { return answer }
        for record in batch.records { taken[record.partition] = record.offset + 1 }
        return answer
    }

    @discardableResult
    private func putOnce(_ batch: SinkBatch) -> Answer {
        let memory = memory("put")
        let built = batch.build(in: memory)
        context.state.withLock { state in
            state.recordsOfPut = Int32(batch.records.count)
            state.batchOfPut = UInt(bitPattern: built)
        }
        return run("put", lent: [memory]) { functions.put?(handle, built, $0) ?? kc_status(KC_FATAL) }
    }

    /// Asks what may be committed, or flushes, as a worker does on its interval.
    func commit(_ extra: [(HostContext.Partition, Int64)] = []) {
        let current = (taken.map { ($0.key, $0.value) } + extra).sorted {
            ($0.0.topic, $0.0.number) < ($1.0.topic, $1.0.number)
        }
        if let preCommit = functions.pre_commit {
            var table = kc_table()
            let answer = asked("pre_commit") {
                let memory = memory("pre_commit")
                let array = offsets(current, memory)
                return run("pre_commit", lent: [memory]) {
                    preCommit(handle, array, Int32(current.count), &table, $0)
                }
            }
            guard answer.isOK else { return }
            session.call("the look at what pre_commit gave") { checkSafe(table, current) }
        }
        if let flush = functions.flush {
            asked("flush") {
                let memory = memory("flush")
                let array = offsets(current, memory)
                return run("flush", lent: [memory]) { flush(handle, array, Int32(current.count), $0) }
            }
        }
    }

    /// Asks before a commit, and again where the task puts it off: after its hint or its wake, without a hint at the next interval.
    @discardableResult
    private func asked(_ call: String, _ once: () -> Answer) -> Answer {
        let began = Monotonic.seconds()
        var questions = 0
        while true {
            let wakes = context.state.withLock { $0.wakes }
            let answer = once()
            questions += 1
            if answer.isFatal { session.problem("sink task: \(call) failed: \(answer.text)") }
            if answer.status == KC_RETRIABLE {
                session.problem(
                    "sink task: \(call) answers \(answer.described): what was put since the last commit would come again each time; KC_WOULD_BLOCK is for what is not safe yet"
                )
            }
            guard answer.status == KC_WOULD_BLOCK, !session.hasProblems else { return answer }
            let (seconds, most) = (Monotonic.seconds() - began, Self.longestPutOff)
            if seconds > most.seconds, questions >= most.questions {
                session.problem(
                    "sink task: \(call) puts every commit off (KC_WOULD_BLOCK), for \(seconds.short) s already: no offset would ever be committed"
                )
                return answer
            }
            let isWoken = { [context] in context.state.withLock { $0.wakes } != wakes }
            guard
                session.wait(
                    answer.hint > 0 ? answer.hint : Self.interval, for: "\(call) of the \(kind)", until: isWoken)
            else { return answer }
            // Both bring a put as well, in which a task without threads may get on.
            if answer.hint == 0 || isWoken() { putOnce(SinkBatch(records: [])) }
        }
    }

    private func offsets(
        _ current: [(HostContext.Partition, Int64)], _ memory: LentMemory
    ) -> UnsafePointer<kc_topic_offset>? {
        memory.array(
            current.map {
                kc_topic_offset(
                    topic: memory.string($0.0.topic), partition: $0.0.number,
                    flags: UInt32(KC_OFFSET_PRESENT) | context.shape.unknownFlags, offset: $0.1)
            })
    }

    private func checkSafe(_ table: kc_table, _ current: [(HostContext.Partition, Int64)]) {
        if let problem = TableCheck.problem(table, of: kc_topic_offset.self) {
            session.problem("sink task: the table of pre_commit \(problem)")
        }
        var seen: Set<HostContext.Partition> = []
        for entry in TableCheck.items(table, as: kc_topic_offset.self) {
            if let problem = StringCheck.problem(entry.topic, mayBeNull: false) {
                session.problem("sink task: a topic that pre_commit names \(problem)")
                continue
            }
            guard entry.flags & UInt32(KC_OFFSET_PRESENT) != 0 else { continue }
            let partition = HostContext.Partition(topic: StringCheck.text(entry.topic), number: entry.partition)
            let name = "\(partition.topic)-\(partition.number)"
            if !seen.insert(partition).inserted { session.problem("sink task: pre_commit names \(name) twice") }
            if entry.offset < 0 { session.problem("sink task: pre_commit answers with the offset \(entry.offset)") }
            guard let known = current.first(where: { $0.0 == partition }) else {
                session.problem("sink task: pre_commit answers for \(name), which it was not asked about")
                continue
            }
            if entry.offset > known.1 {
                session.problem(
                    "sink task: pre_commit answers \(entry.offset) for \(name), where put was given records up to \(known.1 - 1): records would be lost"
                )
            }
        }
    }
}
