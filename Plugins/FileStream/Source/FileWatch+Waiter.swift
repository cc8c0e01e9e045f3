import Synchronization

extension FileWatch {
    /// One that waits for a change of its file.
    ///
    /// What is called is called on threads of ``WaiterCalls``, one call of a waiter at a time; what changes during a call
    /// brings another.
    final class Waiter: Sendable {
        private enum Turn {
            case none
            case queued
            case running
            /// Something changed since the call began.
            case runningAndQueued
        }

        private let look: @Sendable () -> Bool
        private let wake: @Sendable () -> Void
        private let turn = Mutex(Turn.none)
        /// Held while the task is woken: whoever disarms may free what that uses.
        private let mayWake = Mutex(false)
        private let armed = Atomic<Bool>(false)

        /// - Parameters:
        ///   - look: whether the change is worth a wake-up. It may block, also for ever; it may go on after the waiter was
        ///     disarmed, so it uses nothing that goes away then.
        ///   - wake: must not wait, and not call the watch.
        init(look: @escaping @Sendable () -> Bool = { true }, wake: @escaping @Sendable () -> Void) {
            self.look = look
            self.wake = wake
        }

        /// Whether the next change will wake it.
        var isWaiting: Bool { armed.load(ordering: .acquiring) }

        // MARK: - For FileWatch

        /// A change wakes it, or none does any more.
        func setWaiting(_ isWaiting: Bool) { armed.store(isWaiting, ordering: .releasing) }

        /// From now on it may be woken, or is not: once this returns, a wake-up that was under way is over.
        func setMayWake(_ mayWake: Bool) { self.mayWake.withLock { $0 = mayWake } }

        // MARK: - For WaiterCalls

        /// Something changed.
        ///
        /// - Returns: whether a call has to be queued; else one is, or the one under way is followed by another.
        func changed() -> Bool {
            turn.withLock { turn in
                switch turn {
                case .none:
                    turn = .queued
                    return true
                case .running:
                    turn = .runningAndQueued
                    return false
                case .queued, .runningAndQueued: return false
                }
            }
        }

        /// The call that was queued. May block.
        ///
        /// - Returns: whether another has to be queued.
        func call() -> Bool {
            turn.withLock { $0 = .running }
            if look() { mayWake.withLock { if $0 { wake() } } }
            return turn.withLock { turn in
                let isQueued = turn == .runningAndQueued
                turn = isQueued ? .queued : .none
                return isQueued
            }
        }
    }
}
