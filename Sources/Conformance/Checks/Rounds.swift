import CConformance
import Glibc

/// The same life again and again: what grows with it is never freed.
enum Rounds {
    private static let warmUp = 60
    private static let mostMeasured = 100
    private static let fewestMeasured = 10
    /// Seconds for warming up, and again for measuring; a connector to something far away has fewer lives.
    private static let patience = 10.0
    /// Bytes in all that tables and caches may still grow by; a leak of every instance is more.
    private static let allowedBytes = 1600

    /// - Parameter life: makes and destroys instances with a context that stays.
    static func run(
        _ bench: Bench, _ kind: HostContext.Kind, _ life: (HostContext) throws(CheckEnd) -> Void
    ) throws(CheckEnd) {
        let context = HostContext(kind, bench.session, bench.shape)
        _ = try rounds(warmUp, context, life)
        guard !bench.session.hasProblems else { return }
        _ = ChildProcesses.left()
        let (allocated, threads, descriptors) = (ccf_allocated(), Self.threads(), Self.descriptors())
        let measured = try rounds(mostMeasured, context, life)
        let memory = Int(clamping: ccf_allocated()) - Int(clamping: allocated)
        guard !bench.session.hasProblems else { return }
        guard measured >= fewestMeasured else {
            throw .skip("only \(measured) lives within \(patience.short) s: too few to see what grows")
        }
        if memory > allowedBytes {
            bench.session.problem(
                "\(memory / measured) bytes are never freed each time that a \(kind.rawValue) is made, started, stopped and "
                    + "destroyed: free in destroy what create and start took (valgrind or -fsanitize=address show where)"
            )
        }
        let newThreads = ProcessState.threadsAfter(threads) - threads
        if newThreads >= measured / 10 {
            bench.session.problem(
                "\(newThreads) threads are left of \(measured) instances: end and join them in stop or destroy")
        }
        let newDescriptors = Self.descriptors() - descriptors
        if newDescriptors >= measured / 10 {
            bench.session.problem(
                "\(newDescriptors) descriptors are left of \(measured) instances: close them in stop or destroy")
        }
        for problem in ChildProcesses.problems(of: "\(measured) instances") {
            bench.session.problem(problem)
        }
    }

    /// - Returns: how many there were before the time was over.
    private static func rounds(
        _ count: Int, _ context: HostContext, _ life: (HostContext) throws(CheckEnd) -> Void
    ) throws(CheckEnd) -> Int {
        let end = Monotonic.seconds() + patience
        for round in 0..<count {
            guard !context.session.hasProblems, Monotonic.seconds() < end else { return round }
            context.reuse()
            try life(context)
        }
        return count
    }

    private static func threads() -> Int { ProcessState.entries("/proc/self/task").count }

    private static func descriptors() -> Int { ProcessState.entries("/proc/self/fd").count }
}
