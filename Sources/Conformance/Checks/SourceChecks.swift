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
            try SourceInterruptCheck.run(subject)
        },
        check("source.offsets", "a task goes on behind the offset that is stored") { (subject) throws(CheckEnd) in
            try SourceOffsetCheck.run(subject)
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
            bench.rest()
        }
        let raised = task.context.state.withLock { $0.raised }
        if let text = raised.first { bench.session.problem("the source task raised an error: \(text)") }
        task.commit()
        task.stop()
        task.destroy()
        Aftermath.check(bench, before)
        guard !bench.session.hasProblems else { return }
        guard task.polledRecords > 0 else { throw SourceRun.nothingCame(bench, task) }
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
        guard task.polledRecords > 0 else { throw SourceRun.nothingCame(bench, task) }
        bench.session.note("\(most) out at once")
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
