import EventLoop
import Glibc
import Synchronization
import Testing

/// Waits until `condition` holds; a test that waits too long has failed.
func eventually(
    _ what: Comment, within seconds: UInt64 = 20, _ condition: () -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) {
    let deadline = EventLoop.now() + seconds * 1_000_000_000
    while !condition() {
        guard EventLoop.now() < deadline else {
            Issue.record(what, sourceLocation: sourceLocation)
            return
        }
        usleep(100)
    }
}

/// A gate that calls stand before until it is opened.
final class Gate: Sendable {
    private let open = Atomic<Bool>(false)
    private let waiting = Atomic<Int>(0)

    /// How many calls stand before it, or stood.
    var arrivals: Int { waiting.load(ordering: .acquiring) }

    func pass() {
        waiting.add(1, ordering: .acquiringAndReleasing)
        while !open.load(ordering: .acquiring) { usleep(100) }
    }

    func letThrough() { open.store(true, ordering: .releasing) }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
