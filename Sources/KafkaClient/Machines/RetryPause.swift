/// Counts failures in a row and says how long to pause before the next attempt.
///
/// The jitter of ``Backoff`` comes from a generator that is seeded at creation, so that the same history gives the same
/// pauses in every process.
package struct RetryPause: Sendable {
    private let backoff: Backoff
    private var random: SeededRandom
    /// How many attempts failed since the last success.
    package private(set) var failures = 0

    /// - Parameter seed: any number; equal seeds give equal jitter.
    package init(_ backoff: Backoff, seed: UInt64) {
        self.backoff = backoff
        random = SeededRandom(seed: seed)
    }

    /// Counts a failure and says how long to wait, in nanoseconds.
    package mutating func next() -> UInt64 {
        defer { failures += 1 }
        return backoff.wait(failures: failures, random: random.next())
    }

    /// Forgets the failures: an attempt went well.
    package mutating func reset() {
        failures = 0
    }
}
