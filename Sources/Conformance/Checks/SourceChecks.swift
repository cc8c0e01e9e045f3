import ConnectABI
import Glibc
import Synchronization

/// Source tasks.
enum SourceChecks {
    private static let needs = ["load", "description", "functions", ConnectorChecks.classCheck, "connector"]

    private static func check(
        _ name: String, _ title: String, _ body: @escaping @Sendable (Check.Subject) throws(CheckEnd) -> Void
    ) -> Check {
        Check(name, title, .source, needs: needs, body)
    }

    static let all = [
        check("source", "a task starts, polls records, hears that Kafka has them, commits and stops") {
            (subject) throws(CheckEnd) in
            try life(subject)
        },
        check(
            "source.batches",
            "batches stay as they were until their release, which comes in any order and after stop too"
        ) {
            (subject) throws(CheckEnd) in
            try batches(subject)
        },
        check("source.interrupt", "poll ends soon after an interrupt from another thread, and stop after that") {
            (subject) throws(CheckEnd) in
            try interrupt(subject)
        },
        check("source.offsets", "a task goes on behind the offset that is stored") { (subject) throws(CheckEnd) in
            try offsets(subject)
        },
        check("source.together", "two tasks run at once, on threads that change") { (subject) throws(CheckEnd) in
            try together(subject)
        },
        check("source.rounds", "making and destroying tasks again and again leaves nothing behind") {
            (subject) throws(CheckEnd) in
            let bench = try Bench(subject)
            let config = try bench.taskConfig()
            try Rounds.run(bench, .sourceTask) { (context) throws(CheckEnd) in
                let task = try bench.sourceTask(context)
                try bench.started(task, config)
                _ = SourceRun.poll(task, seconds: 0.002, records: 1)
                task.releaseAll()
                task.stop()
                task.destroy()
            }
        },
    ]

    /// The whole life of a task; also for hosts of other versions.
    static func life(_ subject: Check.Subject, _ shape: HostShape = .usual) throws(CheckEnd) {
        let bench = try Bench(subject, shape)
        let before = ProcessState()
        let config = try bench.taskConfig()
        let task = try bench.sourceTask()
        try bench.started(task, config)
        let deadline = Monotonic.seconds() + bench.options.seconds
        var rounds = 0
        // A few commits at least, as the worker makes them between polls.
        while rounds < 4, Monotonic.seconds() < deadline, !bench.session.hasProblems {
            let wanted = task.polledRecords + 1
            guard SourceRun.poll(task, seconds: deadline - Monotonic.seconds(), records: wanted) else { break }
            task.releaseAll()
            task.acknowledge()
            task.commit()
            rounds += 1
        }
        let raised = task.context.state.withLock { $0.raised }
        if let text = raised.first { bench.session.problem("the source task raised an error: \(text)") }
        task.commit()
        task.stop()
        task.destroy()
        Aftermath.check(bench, before)
        guard !bench.session.hasProblems else { return }
        guard task.polledRecords > 0 else { throw SourceRun.nothingCame(bench) }
        bench.session.note("\(task.polledRecords) records")
    }

    private static func batches(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let task = try bench.sourceTask()
        try bench.started(task, try bench.taskConfig())
        let deadline = Monotonic.seconds() + bench.options.seconds
        var most = 0
        // Several are out at the same time where the task allows it; one that waits for a release says that it would block.
        for order in 0..<3 {
            while task.out.count < 4, Monotonic.seconds() < deadline, !bench.session.hasProblems {
                let wanted = task.polledRecords + 1
                let left = min(deadline - Monotonic.seconds(), bench.options.seconds / 4)
                guard SourceRun.poll(task, seconds: left, records: wanted) else { break }
            }
            most = max(most, task.out.count)
            let out = task.out
            switch order {
            case 0: for batch in out.reversed() { task.release(batch) }
            case 1:
                for batch in out.filter({ $0.pointer != out.first?.pointer }) + out.prefix(1) { task.release(batch) }
            // The last ones come back after stop.
            default: break
            }
            if order < 2 { task.acknowledge() }
        }
        task.stop()
        task.releaseAll()
        task.destroy()
        guard !bench.session.hasProblems else { return }
        guard task.polledRecords > 0 else { throw SourceRun.nothingCame(bench) }
        bench.session.note("\(most) out at once")
    }

    private static func interrupt(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let config = try bench.taskConfig()
        let task = try bench.sourceTask()
        try bench.started(task, config)
        let soon = min(1.0, bench.options.callLimit / 4)
        guard let interruption = task.interruption else {
            // Without interrupt no call may ever block.
            let begin = Monotonic.seconds()
            for _ in 0..<5 {
                _ = task.poll()
                task.releaseAll()
            }
            let spent = Monotonic.seconds() - begin
            if spent > 5 * soon {
                bench.session.problem(
                    "poll took \(spent / 5) s, and the task has no interrupt: a call that may block needs one")
            }
            task.stop()
            task.destroy()
            return bench.session.note("no interrupt, and polls that never block")
        }
        // Before a poll, and during polls at moments that differ.
        bench.session.call("interrupt of the source task before a poll") { interruption() }
        var slowest = 0.0
        for index in 0..<12 {
            let wait = index == 0 ? 0 : Double(index * 7 % 50) / 1000
            let isDone = Atomic(false)
            let other = Thread.start { [session = bench.session] in
                Monotonic.sleep(wait)
                session.call("interrupt during poll of the source task") { interruption() }
                // It may have come before the poll began to wait; a worker asks again too.
                while !isDone.load(ordering: .acquiring) {
                    Monotonic.sleep(0.05)
                    if !isDone.load(ordering: .acquiring) { interruption() }
                }
            }
            let begin = Monotonic.seconds()
            let polled = task.poll()
            slowest = max(slowest, Monotonic.seconds() - begin)
            isDone.store(true, ordering: .releasing)
            other.join()
            task.releaseAll()
            if polled.answer.isFatal {
                bench.session.problem(
                    "poll failed when it was interrupted: \(polled.answer.text); it is to answer KC_WOULD_BLOCK")
                break
            }
        }
        if slowest > soon + 0.1 {
            bench.session.problem(
                "poll returned \((slowest * 10).rounded() / 10) s after it was interrupted: it is to return soon")
        }
        let begin = Monotonic.seconds()
        task.stop()
        let spent = Monotonic.seconds() - begin
        if spent > soon + 0.1 { bench.session.problem("stop took \((spent * 10).rounded() / 10) s after an interrupt") }
        interruption()
        task.destroy()
    }

    private static func offsets(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let config = try bench.taskConfig()
        let first = try bench.sourceTask()
        try bench.started(first, config)
        guard SourceRun.poll(first, seconds: bench.options.seconds, records: 2, keepsBatches: false) else {
            first.stop()
            first.destroy()
            throw SourceRun.nothingCame(bench)
        }
        first.releaseAll()
        let (begin, stored) = (first.firstOffsets, first.lastOffsets)
        first.stop()
        first.destroy()
        guard !stored.isEmpty else { throw .skip("its records have no offsets") }
        let context = HostContext(.sourceTask, bench.session, bench.shape)
        context.state.withLock { $0.offsets = stored }
        let second = try bench.sourceTask(context)
        try bench.started(second, config)
        let came = SourceRun.poll(second, seconds: bench.options.seconds, records: 1)
        second.releaseAll()
        let again = second.firstOffsets
        second.stop()
        second.destroy()
        for (partition, offset) in again where stored[partition] != nil {
            let isRepeated =
                offset == stored[partition] || (offset == begin[partition] && begin[partition] != stored[partition])
            if isRepeated {
                bench.session.problem(
                    "with a stored offset, the first record is one that was polled before it was stored: ask host->read_offsets in start or poll, and go on behind the answer"
                )
            }
        }
        let reads = context.state.withLock { $0.readsOfOffsets }
        bench.session.note(came ? "offsets read \(reads) times" : "offsets read \(reads) times, nothing new came")
    }

    private static func together(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let configs = try bench.taskConfigs(2)
        let tasks = [try bench.sourceTask(), try bench.sourceTask()]
        let boxes = Mutex(tasks.map { Unchecked($0) })
        let work = (0..<2).map { index in (boxes.withLock { $0[index] }, configs[min(index, configs.count - 1)]) }
        let seconds = min(bench.options.seconds, 1)
        for stage in 0..<3 {
            // Each stage on threads of its own: calls follow one another, and not on one thread.
            let threads = work.map { task, config in
                Thread.start { [session = bench.session] in
                    switch stage {
                    case 0:
                        let answer = task.value.start(config)
                        if !answer.isOK { session.problem("source task: start failed beside another: \(answer.text)") }
                    case 1:
                        for _ in 0..<3 {
                            _ = SourceRun.poll(task.value, seconds: seconds / 3, records: task.value.polledRecords + 1)
                            // Long enough for the other to come between.
                            Monotonic.sleep(0.01)
                            task.value.releaseAll()
                            task.value.acknowledge()
                            task.value.commit()
                        }
                    default:
                        task.value.stop()
                        task.value.destroy()
                    }
                }
            }
            for thread in threads { thread.join() }
            if bench.session.hasProblems { return }
        }
        // Another instance after one that has stopped.
        let third = try bench.sourceTask()
        try bench.started(third, configs.first ?? [])
        _ = SourceRun.poll(third, seconds: 0.1, records: 1)
        third.releaseAll()
        third.stop()
        third.destroy()
    }
}

/// Something that one thread after the other uses.
struct Unchecked<Value>: @unchecked Sendable {
    // Guard of the unchecked conformance: threads are joined before the next one uses it.
    let value: Value

    init(_ value: Value) { self.value = value }
}

/// Polls of a task until records come.
enum SourceRun {
    /// - Parameters:
    ///   - records: the count of all records of the task that is waited for.
    /// - Returns: whether they came in time.
    ///   - keepsBatches: leaves the batches out. A task may wait for one before it gives another.
    static func poll(
        _ task: SourceTaskInstance, seconds: Double, records: UInt64, keepsBatches: Bool = true
    ) -> Bool {
        let deadline = Monotonic.seconds() + seconds
        // A call that blocks is worth an interrupt, as when a worker stops a task.
        while task.polledRecords < records {
            let wakes = task.context.state.withLock { $0.wakes }
            let (answer, batch) = task.poll()
            if answer.isFatal {
                task.session.problem("source task: poll failed: \(answer.text)")
                return false
            }
            if !keepsBatches { task.releaseAll() }
            let now = Monotonic.seconds()
            guard now < deadline else { break }
            guard batch == nil else { continue }
            wait(task, wakes, min(deadline - now, answer.hint > 0 ? answer.hint : 0.01))
        }
        return task.polledRecords >= records
    }

    /// Until the time is over, or the task says that it has something.
    private static func wait(_ task: SourceTaskInstance, _ wakes: Int, _ seconds: Double) {
        let end = Monotonic.seconds() + seconds
        while Monotonic.seconds() < end, task.context.state.withLock({ $0.wakes }) == wakes {
            Monotonic.sleep(min(0.002, end - Monotonic.seconds()))
        }
    }

    static func nothingCame(_ bench: Bench) -> CheckEnd {
        .skip(
            "no record came within \(bench.options.seconds.short) s: give a configuration that brings some, or --seconds"
                + (bench.isGuessed ? " (the configuration was guessed)" : ""))
    }
}
