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

        var waiting: ArraySlice<Lane> { lanes[head...] }

        /// The first lane whose owner has no thread, out of the order of the others.
        mutating func takeOfIdleOwner() -> Lane? {
            guard let index = waiting.firstIndex(where: \.isOfIdleOwner) else { return nil }
            return lanes.remove(at: index)
        }

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
    /// How many lanes may have a thread beyond those limits since their owner has none.
    private let ownersLimit: Int
    /// Lanes that have one of those threads.
    private var runningForOwners = 0
    private var queues = Array(repeating: Queue(), count: kinds)
    /// By kind: lanes of it that have a thread.
    private var running = Array(repeating: 0, count: kinds)
    /// The kind whose turn it is, so that none can keep the others waiting.
    private var turn = 0

    /// - Parameters:
    ///   - limits: what tasks may have at most, then what tasks and interrupts may have together, and so on.
    ///   - owners: how many threads there are beyond those, for lanes whose owner has none.
    init(limits: [Int], owners: Int) {
        precondition(limits.count == Self.kinds)
        self.limits = limits
        ownersLimit = owners
    }

    /// Whether a lane waits that may have a thread.
    var hasRunnable: Bool {
        for kind in 0..<Self.kinds where queues[kind].count > 0 {
            if isAllowed(kind) || hasThreadForOwner && queues[kind].waiting.contains(where: \.isOfIdleOwner) {
                return true
            }
        }
        return false
    }

    /// The first kind of which lanes wait although threads are left, or could be started, for others; nil for none.
    var heldUp: LaneKind? {
        for kind in 0..<Self.kinds where heldUpCount(kind) > 0 { return LaneKind(rawValue: kind) }
        return nil
    }

    /// How many lanes wait for that reason.
    var heldUpCount: Int {
        (0..<Self.kinds).reduce(0) { $0 + heldUpCount($1) }
    }

    func waiting(_ kind: LaneKind) -> Int { queues[kind.rawValue].count }

    /// Lanes with threads that count against the limit of `kind`.
    func running(upTo kind: LaneKind) -> Int { running[...kind.rawValue].reduce(0, +) }

    mutating func append(_ lane: Lane) { queues[lane.kind.rawValue].lanes.append(lane) }

    /// The next lane that may have a thread, which counts as running from now on.
    mutating func take() -> Lane? {
        for step in 0..<Self.kinds {
            let kind = (turn + step) % Self.kinds
            guard queues[kind].count > 0 else { continue }
            let lane: Lane
            if isAllowed(kind) {
                lane = queues[kind].take()
                running[kind] += 1
            } else if hasThreadForOwner, let next = queues[kind].takeOfIdleOwner() {
                lane = next
                lane.hasThreadOfOwner = true
                runningForOwners += 1
            } else {
                continue
            }
            lane.owner?.running += 1
            turn = (kind + 1) % Self.kinds
            return lane
        }
        return nil
    }

    /// A lane that ``take()`` gave has no thread any more, or has kept it for ever.
    mutating func left(_ lane: Lane) {
        lane.owner?.running -= 1
        if lane.hasThreadOfOwner {
            lane.hasThreadOfOwner = false
            runningForOwners -= 1
        } else {
            running[lane.kind.rawValue] -= 1
        }
    }

    /// Gives up all that wait.
    mutating func removeAll() -> [Lane] {
        defer { queues = Array(repeating: Queue(), count: Self.kinds) }
        return queues.flatMap { $0.lanes[$0.head...] }
    }

    private var hasThreadForOwner: Bool { runningForOwners < ownersLimit }

    private func heldUpCount(_ kind: Int) -> Int {
        guard queues[kind].count > 0, !isAllowed(kind) else { return 0 }
        guard hasThreadForOwner else { return queues[kind].count }
        return queues[kind].waiting.count { !$0.isOfIdleOwner }
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
