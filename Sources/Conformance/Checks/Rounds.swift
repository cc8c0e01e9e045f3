import CConformance
import Glibc

/// The same life again and again: what grows with it is never freed.
enum Rounds {
    private static let warmUp = 60
    private static let measured = 100
    /// Bytes a round that a table or a cache may grow by; a leak of an instance is more.
    private static let allowedBytes = 16

    /// - Parameter life: makes and destroys instances with a context that stays.
    static func run(
        _ bench: Bench, _ kind: HostContext.Kind, _ life: (HostContext) throws(CheckEnd) -> Void
    ) throws(CheckEnd) {
        let context = HostContext(kind, bench.session, bench.shape)
        try rounds(warmUp, context, life)
        guard !bench.session.hasProblems else { return }
        let start = (ccf_allocated(), ProcessState.threadsAfter(0 + settled()), settledDescriptors())
        try rounds(measured, context, life)
        let memory = (Int(clamping: ccf_allocated()) - Int(clamping: start.0)) / measured
        if memory > allowedBytes {
            bench.session.problem(
                "\(memory) bytes are never freed each time that a \(kind.rawValue) is made, started, stopped and destroyed: free in destroy what create and start took (valgrind or -fsanitize=address show where)"
            )
        }
        let threads = ProcessState.threadsAfter(start.1) - start.1
        if threads >= measured / 10 {
            bench.session.problem(
                "\(threads) threads are left of \(measured) instances: end and join them in stop or destroy")
        }
        let descriptors = settledDescriptors() - start.2
        if descriptors >= measured / 10 {
            bench.session.problem(
                "\(descriptors) descriptors are left of \(measured) instances: close them in stop or destroy")
        }
    }

    private static func rounds(
        _ count: Int, _ context: HostContext, _ life: (HostContext) throws(CheckEnd) -> Void
    ) throws(CheckEnd) {
        for _ in 0..<count {
            context.reuse()
            try life(context)
            guard !context.session.hasProblems else { return }
        }
    }

    private static func settled() -> Int { ProcessState.entries("/proc/self/task").count }

    private static func settledDescriptors() -> Int { ProcessState.entries("/proc/self/fd").count }
}
