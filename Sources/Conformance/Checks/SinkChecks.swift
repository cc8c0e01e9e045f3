import ConnectABI
import Glibc
import Synchronization

/// Sink tasks.
enum SinkChecks {
    private static let needs = ["load", "description", "functions", ConnectorChecks.classCheck, "connector"]

    private static func check(
        _ name: String, _ title: String, _ body: @escaping @Sendable (Check.Subject) throws(CheckEnd) -> Void
    ) -> Check {
        Check(name, title, .sink, needs: needs, body)
    }

    static let all = [
        check("sink", "a task takes records, keeps nothing that was lent, says what may be committed, and stops") {
            (subject) throws(CheckEnd) in
            try life(subject)
        },
        check("sink.values", "values of every kind, null, empty, large and nested: taken, or refused with a text") {
            (subject) throws(CheckEnd) in
            try values(subject)
        },
        check("sink.partitions", "partitions come and go, and come again at an earlier offset") {
            (subject) throws(CheckEnd) in
            try partitions(subject)
        },
        check("sink.interrupt", "an interrupt from another thread ends no call badly, and stop comes soon") {
            (subject) throws(CheckEnd) in
            try interrupt(subject)
        },
        check("sink.together", "two tasks run at once, on threads that change") { (subject) throws(CheckEnd) in
            try together(subject)
        },
        check("sink.rounds", "making and destroying tasks again and again leaves nothing behind") {
            (subject) throws(CheckEnd) in
            let bench = try Bench(subject)
            let config = try bench.taskConfig()
            try Rounds.run(bench, .sinkTask) { (context) throws(CheckEnd) in
                let task = try bench.sinkTask(context)
                try bench.started(task, config)
                task.open([partition(0)])
                put(task, .lines(2, from: 0))
                task.commit()
                task.close([partition(0)])
                task.stop()
                task.destroy()
            }
        },
    ]

    private static func partition(_ number: Int32) -> HostContext.Partition {
        HostContext.Partition(topic: SinkBatch.topic, number: number)
    }

    /// A put that has to be taken.
    private static func put(_ task: SinkTaskInstance, _ batch: SinkBatch) {
        let answer = task.put(batch)
        if answer.isFatal { task.session.problem("sink task: put failed: \(answer.text)") }
        if answer.isForLater, !task.session.isOutOfTime {
            task.session.problem("sink task: put asks for the same records again and again: \(answer.described)")
        }
    }

    /// The whole life of a task; also for hosts of other versions.
    static func life(_ subject: Check.Subject, _ shape: HostShape = .usual) throws(CheckEnd) {
        let bench = try Bench(subject, shape)
        let before = ProcessState()
        let task = try bench.sinkTask()
        try bench.started(task, try bench.taskConfig())
        put(task, SinkBatch(records: []))
        task.commit()
        task.open([partition(0), partition(1)])
        put(task, SinkBatch(records: []))
        task.commit([(partition(0), 0)])
        for round: Int64 in 0..<4 {
            put(task, .lines(50, from: round * 50))
            put(task, .lines(1, from: round, partition: 1))
            // What was kept of the batch is used here.
            task.commit()
            bench.rest()
        }
        task.close([partition(0), partition(1)])
        let raised = task.context.state.withLock { $0.raised }
        if let text = raised.first { bench.session.problem("the sink task raised an error: \(text)") }
        task.stop()
        task.destroy()
        Aftermath.check(bench, before)
    }

    private static func values(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let config = try bench.taskConfig()
        var task: SinkTaskInstance?
        var refused: [String] = []
        var offset: Int64 = 0
        for (name, value) in SampleRecords.values {
            for hasSchema in [true, false] {
                if task == nil {
                    let fresh = try bench.sinkTask()
                    try bench.started(fresh, config)
                    fresh.open([partition(0)])
                    task = fresh
                }
                guard let current = task else { return }
                let batch = SampleRecords.batch(value, hasSchema: hasSchema, offset: offset)
                offset += Int64(batch.records.count)
                let answer = current.put(batch, most: 6)
                if answer.isOK { current.commit() }
                if !answer.isOK {
                    // A task that failed is stopped and made anew.
                    refused.append(name)
                    current.stop()
                    current.destroy()
                    task = nil
                }
                if bench.session.hasProblems {
                    bench.session.problem("(with \(name))")
                    return
                }
            }
        }
        if let task {
            task.close([partition(0)])
            task.stop()
            task.destroy()
        }
        let names = Set(refused).sorted()
        bench.session.note(names.isEmpty ? "all taken" : "refused: \(names.joined(separator: ", "))")
    }

    private static func partitions(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let task = try bench.sinkTask()
        try bench.started(task, try bench.taskConfig())
        task.open([partition(0)])
        put(task, .lines(10, from: 100))
        task.commit()
        task.open([partition(1), partition(2)])
        put(
            task,
            SinkBatch(
                records: SinkBatch.lines(3, from: 5, partition: 1).records + SinkBatch.lines(3, from: 110).records))
        task.commit()
        task.close([partition(0)])
        // What is committed now is not the closed one's.
        task.commit()
        put(task, .lines(2, from: 8, partition: 1))
        task.open([partition(0)])
        put(task, .lines(10, from: 100))
        task.commit()
        task.close([partition(0), partition(1), partition(2)])
        task.commit()
        task.stop()
        task.destroy()
    }

    private static func interrupt(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let task = try bench.sinkTask()
        try bench.started(task, try bench.taskConfig())
        task.open([partition(0)])
        guard let interruption = task.interruption else {
            put(task, .lines(10, from: 0))
            task.stop()
            task.destroy()
            return bench.session.note("no interrupt")
        }
        for round: Int64 in 0..<8 {
            let other = Thread.start { [session = bench.session] in
                Monotonic.sleep(Double(round) / 2000)
                session.call("interrupt during put of the sink task") { interruption() }
            }
            // It may have been given up, with whatever status; the same records come again, or the task is stopped.
            let answer = task.put(.lines(200, from: 200 * round), most: 6)
            other.join()
            if !answer.isOK { break }
        }
        let begin = Monotonic.seconds()
        task.stop()
        let spent = Monotonic.seconds() - begin
        if spent > min(1.0, bench.options.callLimit / 4) + 0.1 {
            bench.session.problem("stop took \((spent * 10).rounded() / 10) s after an interrupt")
        }
        bench.session.call("interrupt of the sink task after stop") { interruption() }
        task.destroy()
    }

    private static func together(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let configs = try bench.taskConfigs(2)
        let tasks = [Unchecked(try bench.sinkTask()), Unchecked(try bench.sinkTask())]
        for stage in 0..<3 {
            let threads = tasks.indices.map { index in
                let (task, config) = (tasks[index], configs[min(index, configs.count - 1)])
                let own = partition(Int32(index))
                return Thread.start { [session = bench.session] in
                    switch stage {
                    case 0:
                        let answer = task.value.start(config)
                        if !answer.isOK { session.problem("sink task: start failed beside another: \(answer.text)") }
                        task.value.open([own])
                    case 1:
                        for round: Int64 in 0..<10 {
                            put(task.value, .lines(20, from: 20 * round, partition: own.number))
                            task.value.commit()
                        }
                    default:
                        task.value.close([own])
                        task.value.stop()
                        task.value.destroy()
                    }
                }
            }
            for thread in threads { thread.join() }
            if bench.session.hasProblems { return }
        }
        let third = try bench.sinkTask()
        try bench.started(third, configs.first ?? [])
        third.stop()
        third.destroy()
    }
}

/// Records that a worker may give to a sink.
enum SampleRecords {
    private static let large = 1 << 20

    static let values: [(String, SampleValue)] = [
        ("NULL", .null), ("BOOLEAN", .boolean(true)), ("INT8", .integer(-128, kind: UInt8(KC_INT8))),
        ("INT16", .integer(-32768, kind: UInt8(KC_INT16))),
        ("INT32", .integer(Int64(Int32.min), kind: UInt8(KC_INT32))),
        ("INT64", .int64(.min)), ("FLOAT32", .float(-.infinity)), ("FLOAT64", .double(.nan)),
        ("STRING", .text("Grüße, 世界 \u{1F600}")), ("empty STRING", .string([])),
        ("STRING with zero bytes and line ends", .string([0, 10, 13, 0])),
        ("STRING of 1 MiB", .string(Array(repeating: 0x61, count: large))), ("empty BYTES", .bytes([])),
        ("BYTES that are not UTF-8", .bytes([0xff, 0xfe, 0, 0xc3, 0x28])),
        ("BYTES of 1 MiB", .bytes(Array(repeating: 0xff, count: large))), ("empty ARRAY", .array([])),
        ("ARRAY", .array([.int64(1), .null, .int64(2)])), ("empty MAP", .map([])),
        ("MAP", .map([.text("a"), .int64(1), .text("b"), .null])), ("empty STRUCT", .structure([])),
        ("STRUCT", .structure([.text("a"), .null, .bytes([1]), .array([.boolean(false)])])),
        ("nested values", nested(60)),
    ]

    private static func nested(_ depth: Int) -> SampleValue {
        (0..<depth).reduce(.int64(1)) { value, _ in .array([value]) }
    }

    /// A value as value, and as key and in a header where it is small.
    static func batch(_ value: SampleValue, hasSchema: Bool, offset: Int64) -> SinkBatch {
        var record = SinkBatch.Record(offset: offset)
        record.value = value
        record.schema = hasSchema ? 1 : nil
        var second = record
        second.offset += 1
        second.timestamp = 0
        second.headers = [("", .null), ("ä", .bytes([0xff])), ("n", .int64(1))]
        switch value {
        case .string(let bytes) where bytes.count >= large: break
        case .bytes(let bytes) where bytes.count >= large: break
        default:
            second.key = value
            second.headers.append(("value", value))
        }
        return SinkBatch(records: [record, second])
    }
}
