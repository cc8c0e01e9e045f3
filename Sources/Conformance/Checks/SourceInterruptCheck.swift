import Glibc
import Synchronization

/// Interrupts of a source task from other threads.
enum SourceInterruptCheck {
    static func run(_ subject: Check.Subject) throws(CheckEnd) {
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
        before(bench, task, interruption, soon)
        guard !bench.session.hasProblems else { return }
        // During polls, at moments that differ.
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

    /// Interrupts while no call is running, each of them once: the next poll is to know of it.
    private static func before(
        _ bench: Bench, _ task: SourceTaskInstance, _ interruption: @Sendable () -> Void, _ soon: Double
    ) {
        let end = Monotonic.seconds() + min(1, bench.options.seconds)
        var rounds = 0
        // Long enough for a source that blocks only once it has given what it has.
        while rounds < 4 || (Monotonic.seconds() < end && rounds < 200) {
            rounds += 1
            bench.session.call("interrupt of the source task before a poll") { interruption() }
            let begin = Monotonic.seconds()
            let polled = task.poll()
            let spent = Monotonic.seconds() - begin
            task.releaseAll()
            if polled.answer.isFatal {
                return bench.session.problem(
                    "poll failed when it was interrupted: \(polled.answer.text); it is to answer KC_WOULD_BLOCK")
            }
            guard spent <= soon + 0.1 else {
                return bench.session.problem(
                    "an interrupt that came between two calls was lost: the poll after it took \((spent * 10).rounded() / 10) s; keep a mark that the next call takes back"
                )
            }
        }
    }
}
