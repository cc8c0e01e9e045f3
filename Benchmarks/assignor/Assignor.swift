import ClusterCore
import Glibc

/// What a round of the group costs its leader: the cooperative assignor alone, and with all that is read and written around it.
///
/// `assignor CONNECTORS TASKS WORKERS TIMES` goes through all kinds of rounds so many times. Prints a line for each round: its kind
/// and, each behind a tab, nanoseconds of the assignor alone and of the whole round.
@main
enum Assignor {
    static func main() {
        let counts = CommandLine.arguments.dropFirst().map { Int32($0) ?? 0 }
        guard counts.count == 4, counts.allSatisfy({ $0 > 0 }), counts[2] > 1 else {
            fail("usage: assignor CONNECTORS TASKS WORKERS TIMES, WORKERS at least 2")
        }
        let work = work(connectors: counts[0], tasks: counts[1])
        for _ in 0..<counts[3] {
            var group = WorkerGroup(work: work, workers: counts[2])
            for kind in Kind.allCases {
                do {
                    let cost = try group.round(kind)
                    print("\(kind.rawValue)\t\(cost.assignor)\t\(cost.round)")
                } catch {
                    fail("\(error)")
                }
            }
            guard group.isBalanced else { fail("the group is left unbalanced") }
        }
    }

    /// Connectors with as many tasks each as come out even, the first ones with one more.
    private static func work(connectors: Int32, tasks: Int32) -> AssignableWork {
        AssignableWork(
            configOffset: 1,
            connectors: (0..<connectors).map { number in
                .init(
                    name: "connector-\(number)",
                    taskCount: tasks / connectors + (number < tasks % connectors ? 1 : 0))
            })
    }

    private static func fail(_ text: String) -> Never {
        print("assignor: \(text)")
        exit(1)
    }
}

/// The rounds that are timed, in the order in which a group goes through them.
enum Kind: String, CaseIterable {
    case first = "first assignment"
    case left = "a worker leaves"
    case joined = "a worker joins: revocation"
    case handed = "a worker joins: what was revoked is given away"
}

/// What a round took, in nanoseconds.
struct Cost {
    let assignor: UInt64
    let round: UInt64
}
