import EventLoop
import KafkaClient
import Synchronization

/// Has a sink task wait while its worker's session with the group may be over: others may run the task already, and what it
/// wrote now would be there twice. A worker that was stopped for long has a megabyte of each partition within milliseconds of
/// going on, before it hears that it was put out of the group. Java has no such thing.
final class SessionWait: Sendable {
    private let gate: SessionGate
    private let wake: @Sendable () -> Void
    private let isWaiting = Atomic<Bool>(false)

    /// - Parameter wake: called once when the session stands again, on any thread.
    init(_ gate: SessionGate, wake: @escaping @Sendable () -> Void) {
        self.gate = gate
        self.wake = wake
    }

    /// Whether records have to wait; the task is woken then.
    func mustWait() -> Bool {
        guard !gate.allows(EventLoop.now()) else { return false }
        guard !isWaiting.exchange(true, ordering: .acquiringAndReleasing) else { return true }
        gate.whenOpen { [weak self] in
            self?.isWaiting.store(false, ordering: .releasing)
            self?.wake()
        }
        return true
    }
}
