package import ConnectModel

/// The life of one connector's tasks on this worker: which run, and what their status is.
///
/// A reconciler like ``ConnectorLifecycle``. A new generation of task configurations starts only once every task of the old
/// one has ended, since work may move from one task to another; pause and resume reach the tasks as they are.
///
/// Source: `WorkerTask`, `StandaloneHerder.updateConnectorTasks`.
package struct TaskSetLifecycle: Sendable {
    /// What the driver does next. Tasks are named by their number, their runs by an incarnation.
    package enum Action: Equatable, Sendable {
        /// Start the task with its current configuration, then call ``TaskSetLifecycle/started(_:incarnation:)`` or
        /// ``TaskSetLifecycle/refused(_:incarnation:_:)``.
        case start(Int32, incarnation: UInt64, isPaused: Bool)
        case pause(Int32, incarnation: UInt64)
        case resume(Int32, incarnation: UInt64)
        /// Stop it within `task.shutdown.graceful.timeout.ms`.
        case stop(Int32, incarnation: UInt64)
        /// Report a status.
        case status(Int32, InstanceState, ConnectError?)
        /// The task is no more.
        case removeStatus(Int32)
        /// A restart that was asked for is through, or failed.
        case restarted(Int32, ConnectError?)
        /// The newest generation has been started.
        case settled
        /// Over: none of them is left here.
        case ended
    }

    private enum Phase {
        /// Not running. Entered at the beginning, and when a run has ended; left by a start.
        case none
        /// Started; the state is what it told last.
        case active(incarnation: UInt64, InstanceState?)
        /// Told to stop; left by its end.
        case stopping(incarnation: UInt64)
        /// Ended with an error, or never started; left by a restart.
        case failed
    }

    private struct Slot {
        var phase = Phase.none
        /// Whether the task runs on this worker.
        var isOwned: Bool
        var isStartDue: Bool
        var isRestartDue = false
        var answersRestart = false
    }

    /// How many calls of the connector and of its tasks were abandoned; the driver adds those of the connector.
    package var abandonedCalls = AbandonedCalls()
    private let name: String
    private let ownsAll: Bool
    private var nextIncarnation: UInt64
    private var slots: [Slot] = []
    private var generation: UInt64 = 0
    private var wanted: (generation: UInt64, count: Int32) = (0, 0)
    private var isPaused = false
    private var end: ConnectorLifecycle.End?
    private var hasEnded = false
    private var isSettledTold = true

    /// - Parameters:
    ///   - name: the connector's, for messages.
    ///   - firstIncarnation: runs are numbered from here on; numbers must not repeat between lives of one name.
    ///   - ownsAll: whether every task runs here. Else none does before ``own(_:)`` says so, in each generation anew: who
    ///     runs a task of new configurations is decided anew.
    package init(_ name: String, firstIncarnation: UInt64, ownsAll: Bool = true) {
        self.name = name
        self.ownsAll = ownsAll
        nextIncarnation = firstIncarnation
    }

    /// Whether the newest generation has been started, and no restart is due.
    package var isSettled: Bool { isSettledTold }

    /// Whether the task is one of the present generation.
    package func knows(_ number: Int32) -> Bool { slots.indices.contains(Int(number)) }

    /// Whether the task is one of the present generation that this worker runs.
    package func owns(_ number: Int32) -> Bool { knows(number) && slots[Int(number)].isOwned }

    /// Whether nothing is on its way to its end: what runs is what shall run.
    package var isQuiet: Bool { !hasStopping && (end == nil || hasEnded) && generation == wanted.generation }

    /// The run of a task that is under way; nil where none is.
    package func incarnation(of number: Int32) -> UInt64? {
        guard slots.indices.contains(Int(number)) else { return nil }
        switch slots[Int(number)].phase {
        case .active(let incarnation, _), .stopping(let incarnation): return incarnation
        case .none, .failed: return nil
        }
    }
}

// MARK: - Wishes

extension TaskSetLifecycle {
    /// A new generation of tasks, in place of the old one.
    ///
    /// - Parameter generation: grows with each.
    package mutating func want(count: Int32, generation: UInt64) -> [Action] {
        guard end == nil, generation != wanted.generation else { return [] }
        wanted = (generation, max(count, 0))
        isSettledTold = false
        return advance()
    }

    /// Which tasks of the present generation run on this worker: those start, others stop and show as UNASSIGNED unless they
    /// have failed. Unknown numbers are passed over.
    package mutating func own(_ numbers: [Int32]) -> [Action] {
        guard end == nil, generation == wanted.generation else { return [] }
        var isOwned = Array(repeating: false, count: slots.count)
        for number in numbers where slots.indices.contains(Int(number)) { isOwned[Int(number)] = true }
        var actions: [Action] = []
        for index in slots.indices where slots[index].isOwned != isOwned[index] {
            slots[index].isOwned = isOwned[index]
            slots[index].isStartDue = isOwned[index]
            if !isOwned[index] { actions += release(index) }
        }
        return actions + advance()
    }

    private mutating func release(_ index: Int) -> [Action] {
        var actions: [Action] = []
        if slots[index].isRestartDue || slots[index].answersRestart {
            slots[index].isRestartDue = false
            slots[index].answersRestart = false
            actions = [.restarted(Int32(index), gone(index))]
        }
        switch slots[index].phase {
        case .none, .stopping: break
        case .failed: slots[index].phase = .none
        case .active: actions += stopStep(index)
        }
        return actions
    }

    /// Whether the tasks are paused; new ones start so.
    package mutating func pause(_ isPaused: Bool) -> [Action] {
        guard isPaused != self.isPaused else { return [] }
        self.isPaused = isPaused
        return slots.indices.compactMap { index in
            guard case .active(let incarnation, _) = slots[index].phase else { return nil }
            return isPaused
                ? .pause(Int32(index), incarnation: incarnation) : .resume(Int32(index), incarnation: incarnation)
        }
    }

    /// Restarts tasks; each is answered with a ``Action/restarted(_:_:)``. Unknown numbers are passed over.
    package mutating func restart(_ numbers: [Int32]) -> [Action] {
        guard end == nil else { return [] }
        for number in numbers where owns(number) {
            slots[Int(number)].isRestartDue = true
            isSettledTold = false
        }
        return advance()
    }

    /// The end of the tasks here.
    package mutating func end(_ end: ConnectorLifecycle.End) -> [Action] {
        guard self.end == nil else { return [] }
        self.end = end
        return advance()
    }
}

// MARK: - What happened

extension TaskSetLifecycle {
    /// The start was under way without an error at once.
    package mutating func started(_ number: Int32, incarnation: UInt64) -> [Action] {
        guard self.incarnation(of: number) == incarnation, slots[Int(number)].answersRestart else { return [] }
        slots[Int(number)].answersRestart = false
        return [.restarted(number, nil)]
    }

    /// The start was refused: there is no run.
    package mutating func refused(_ number: Int32, incarnation: UInt64, _ error: ConnectError) -> [Action] {
        guard self.incarnation(of: number) == incarnation else { return [] }
        return fail(Int(number), error) + advance()
    }

    /// A run reached a state.
    package mutating func reached(
        _ number: Int32, incarnation: UInt64, _ state: InstanceState, _ error: ConnectError?
    ) -> [Action] {
        guard self.incarnation(of: number) == incarnation else { return [] }
        switch slots[Int(number)].phase {
        case .active:
            slots[Int(number)].phase = .active(incarnation: incarnation, state)
            return [.status(number, state, error)]
        case .stopping where state == .failed: return [.status(number, state, error)]
        case .none, .stopping, .failed: return []
        }
    }

    /// A run has ended.
    package mutating func ended(_ number: Int32, incarnation: UInt64, _ taskEnd: TaskEnd) -> [Action] {
        guard self.incarnation(of: number) == incarnation else { return [] }
        let index = Int(number)
        let phase = slots[index].phase
        slots[index].phase = .none
        var actions: [Action] = []
        switch (taskEnd, phase) {
        case (.stopped, _):
            // A restart says RESTARTING instead, and a removed connector's tasks have no status.
            if !slots[index].isRestartDue, end != .removed { actions = [.status(number, .unassigned, nil)] }
        case (.failed, .active(_, let state)):
            slots[index].phase = .failed
            if state != .failed { actions = [.status(number, .failed, Self.untold)] }
        case (.failed, _):
            slots[index].phase = slots[index].isOwned ? .failed : .none
        case (.abandoned, _):
            // Only what was told to stop is abandoned, after its time: it writes nothing any more.
            abandonedCalls.add()
        }
        return actions + advance()
    }

    /// A run that ends as failed tells why before; this stands in where it did not.
    private static let untold = ConnectError(.taskFailed, "The task ended with an error that was not told")
}

// MARK: - Steps

extension TaskSetLifecycle {
    private mutating func advance() -> [Action] {
        if hasEnded { return [] }
        if end != nil || generation != wanted.generation { return replaceGeneration() }
        var actions: [Action] = []
        for index in slots.indices where slots[index].isOwned {
            if slots[index].isRestartDue {
                actions += restartStep(index)
            } else if slots[index].isStartDue, case .none = slots[index].phase {
                actions += startStep(index)
            }
        }
        return actions + settle()
    }

    private mutating func replaceGeneration() -> [Action] {
        var actions: [Action] = []
        for index in slots.indices { actions += stopStep(index) }
        guard !hasStopping else { return actions }
        for index in slots.indices where slots[index].isRestartDue || slots[index].answersRestart {
            let isGone = end != nil || index >= Int(wanted.count)
            actions.append(.restarted(Int32(index), isGone ? gone(index) : nil))
        }
        if end != nil {
            hasEnded = true
            slots = []
            return actions + [.ended]
        }
        if slots.count > Int(wanted.count) {
            actions += (wanted.count..<Int32(slots.count)).map { .removeStatus($0) }
        }
        generation = wanted.generation
        slots = Array(repeating: Slot(isOwned: ownsAll, isStartDue: ownsAll), count: Int(wanted.count))
        return actions + advance()
    }

    private mutating func restartStep(_ index: Int) -> [Action] {
        switch slots[index].phase {
        case .active: return stopStep(index)
        case .stopping: return []
        case .none, .failed:
            slots[index].isRestartDue = false
            slots[index].answersRestart = true
            return [.status(Int32(index), .restarting, nil)] + startStep(index)
        }
    }

    private mutating func startStep(_ index: Int) -> [Action] {
        slots[index].isStartDue = false
        if let refusal = abandonedCalls.refusal(of: name) { return fail(index, refusal) }
        let incarnation = nextIncarnation
        nextIncarnation += 1
        slots[index].phase = .active(incarnation: incarnation, nil)
        return [.start(Int32(index), incarnation: incarnation, isPaused: isPaused)]
    }

    private mutating func stopStep(_ index: Int) -> [Action] {
        guard case .active(let incarnation, _) = slots[index].phase else { return [] }
        slots[index].phase = .stopping(incarnation: incarnation)
        return [.stop(Int32(index), incarnation: incarnation)]
    }

    private mutating func fail(_ index: Int, _ error: ConnectError) -> [Action] {
        slots[index].phase = .failed
        let answers = slots[index].answersRestart
        slots[index].answersRestart = false
        return [.status(Int32(index), .failed, error)] + (answers ? [.restarted(Int32(index), error)] : [])
    }

    private mutating func settle() -> [Action] {
        guard !isSettledTold, !hasStopping else { return [] }
        isSettledTold = true
        return [.settled]
    }

    private var hasStopping: Bool {
        slots.contains { if case .stopping = $0.phase { true } else { false } }
    }

    private func gone(_ index: Int) -> ConnectError {
        ConnectError(.taskUnknown, "Task \(name)-\(index) not found")
    }
}
