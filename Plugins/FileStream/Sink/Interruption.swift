import Synchronization

/// Ends waiting for a reader of a FIFO or of standard output. Set by any thread, once.
final class Interruption: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func set() { flag.store(true, ordering: .relaxed) }
}
