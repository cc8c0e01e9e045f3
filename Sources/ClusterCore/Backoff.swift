/// Waiting times that double from a first one up to a longest one.
package struct Backoff: Sendable, Equatable {
    /// Between attempts to publish a connector's task configurations: 250 ms to 60 s, as `DistributedHerder` waits.
    package static let taskConfigs = Backoff(first: 250_000_000, longest: 60_000_000_000)

    private let first: UInt64
    private let longest: UInt64
    private var next: UInt64

    /// Times in nanoseconds, `first` at least 1.
    package init(first: UInt64, longest: UInt64) {
        self.first = first
        self.longest = longest
        next = min(first, longest)
    }

    /// The next time to wait, in nanoseconds.
    package mutating func advance() -> UInt64 {
        defer { next = next > longest / 2 ? longest : next * 2 }
        return next
    }

    /// Starts over after a success.
    package mutating func reset() { next = min(first, longest) }
}
