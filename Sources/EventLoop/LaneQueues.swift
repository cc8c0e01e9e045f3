/// Whom a lane works for. Those below may take threads up to a limit only, so that plugins which block leave some to the
/// worker itself.
public enum LaneKind: Int, Sendable, CaseIterable {
    /// A task: its plugin's calls may block for ever, and there may be thousands.
    case task
    /// Interrupts of plugins: what makes a blocked call return must not wait for one to return.
    case interrupt
    /// A connector's calls and the checks of configurations.
    case connector
    /// The worker's own: offsets, files, names.
    case worker
}

/// Lanes that have jobs and wait for a thread, and which of them may have one now. A plain value, guarded by the pool's monitor.
struct LaneQueues {
    private struct Queue {
        /// In the order in which they got their jobs.
        var lanes: [Lane] = []
        var head = 0

        var count: Int { lanes.count - head }

        mutating func take() -> Lane {
            let lane = lanes[head]
            head += 1
            if head == lanes.count {
                lanes.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 64, head * 2 >= lanes.count {
                lanes.removeFirst(head)
                head = 0
            }
            return lane
        }
    }

    private static let kinds = LaneKind.allCases.count

    /// By kind: how many threads lanes of it and of the kinds below may have together.
    private let limits: [Int]
    private var queues = Array(repeating: Queue(), count: kinds)
    /// By kind: lanes of it that have a thread.
    private var running = Array(repeating: 0, count: kinds)
    /// The kind whose turn it is, so that none can keep the others waiting.
    private var turn = 0

    /// - Parameter limits: what tasks may have at most, then what tasks and interrupts may have together, and so on.
    init(limits: [Int]) {
        precondition(limits.count == Self.kinds)
        self.limits = limits
    }

    /// Whether a lane waits that may have a thread.
    var hasRunnable: Bool {
        for kind in 0..<Self.kinds where queues[kind].count > 0 && isAllowed(kind) { return true }
        return false
    }

    /// The first kind of which lanes wait although threads are left, or could be started, for others; nil for none.
    var heldUp: LaneKind? {
        for kind in 0..<Self.kinds where queues[kind].count > 0 && !isAllowed(kind) { return LaneKind(rawValue: kind) }
        return nil
    }

    /// How many lanes wait for that reason.
    var heldUpCount: Int {
        var count = 0
        for kind in 0..<Self.kinds where queues[kind].count > 0 && !isAllowed(kind) { count += queues[kind].count }
        return count
    }

    func waiting(_ kind: LaneKind) -> Int { queues[kind.rawValue].count }

    /// Lanes with threads that count against the limit of `kind`.
    func running(upTo kind: LaneKind) -> Int { running[...kind.rawValue].reduce(0, +) }

    mutating func append(_ lane: Lane) { queues[lane.kind.rawValue].lanes.append(lane) }

    /// The next lane that may have a thread, which counts as running from now on.
    mutating func take() -> Lane? {
        for step in 0..<Self.kinds {
            let kind = (turn + step) % Self.kinds
            guard queues[kind].count > 0, isAllowed(kind) else { continue }
            turn = (kind + 1) % Self.kinds
            running[kind] += 1
            return queues[kind].take()
        }
        return nil
    }

    /// A lane that ``take()`` gave has no thread any more, or has kept it for ever.
    mutating func left(_ lane: Lane) { running[lane.kind.rawValue] -= 1 }

    /// Gives up all that wait.
    mutating func removeAll() -> [Lane] {
        defer { queues = Array(repeating: Queue(), count: Self.kinds) }
        return queues.flatMap { $0.lanes[$0.head...] }
    }

    private func isAllowed(_ kind: Int) -> Bool {
        var sum = 0
        for lower in 0..<Self.kinds {
            sum += running[lower]
            if lower >= kind, sum >= limits[lower] { return false }
        }
        return true
    }
}
