import CConformance
import Glibc

/// Processes that the library has started.
enum ChildProcesses {
    /// What is left of them. Each that has ended is told once: it is waited for here.
    static func left() -> (ended: Int, areLiving: Bool) {
        var ended = 0
        var living: Int32 = 0
        // One that was told to end and is not waited for may be at it.
        for _ in 0..<5 {
            ended += Int(ccf_children(&living))
            if living == 0 { break }
            usleep(20_000)
        }
        return (ended, living != 0)
    }

    /// What is wrong with what is left.
    static func problems(of whose: String) -> [String] {
        let (ended, areLiving) = left()
        var problems: [String] = []
        if ended > 0 {
            problems.append(
                "\(ended) child processes of \(whose) have ended and nobody has waited for them: call waitpid in stop or destroy"
            )
        }
        if areLiving {
            problems.append(
                "a child process of \(whose) lives on after destroy: end it, and wait for it, in stop or destroy")
        }
        return problems
    }
}
