import Synchronization

/// What a source task does with the offset that was stored for it.
enum SourceOffsetCheck {
    static func run(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let config = try bench.taskConfig()
        let first = try bench.sourceTask()
        try bench.started(first, config)
        first.keepsOffsets = true
        let isEnough = SourceRun.poll(first, seconds: bench.options.seconds, records: 2, keepsBatches: false)
        // More of them, where they come quickly: what was seen is what can be recognized.
        if isEnough {
            let more = first.polledRecords + 30
            _ = SourceRun.poll(first, seconds: min(0.3, bench.options.seconds / 4), records: more, keepsBatches: false)
        }
        first.releaseAll()
        first.stop()
        first.destroy()
        guard isEnough else {
            if bench.session.hasProblems { throw .stop }
            if first.polledRecords == 1 { throw .skip("two records are needed, and one came: give more --seconds") }
            throw SourceRun.nothingCame(bench, first)
        }
        guard !first.traces.isEmpty else { throw .skip("its records have no offsets") }
        let context = HostContext(.sourceTask, bench.session, bench.shape)
        context.state.withLock { $0.offsets = first.traces.mapValues(\.last) }
        let second = try bench.sourceTask(context)
        try bench.started(second, config)
        second.keepsOffsets = true
        let came = SourceRun.poll(second, seconds: bench.options.seconds, records: 1)
        second.releaseAll()
        second.stop()
        second.destroy()
        for (partition, trace) in second.traces where first.traces[partition]?.holds(trace.first) == true {
            bench.session.problem(
                "with a stored offset, the first record is one that was polled before it was stored: ask host->read_offsets in start or poll, and go on behind the answer"
            )
        }
        let reads = context.state.withLock { $0.readsOfOffsets }
        bench.session.note(came ? "offsets read \(reads) times" : "offsets read \(reads) times, nothing new came")
    }
}
