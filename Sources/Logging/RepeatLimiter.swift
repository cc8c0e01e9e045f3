/// Decides which of a flood of like errors are written.
///
/// The first of a kind is; after that one an interval is, with the number of those left out. Bounded: of more kinds than
/// `maximumKinds` the one that was written longest ago is forgotten.
public struct RepeatLimiter: Sendable {
    /// What to do with one event.
    public enum Admission: Sendable, Equatable {
        /// Write it, and say that `suppressed` of its kind were left out since the last that was written.
        case write(suppressed: Int)
        /// Leave it out; it was counted.
        case suppress
    }

    private struct Kind {
        var name: String
        var writtenAt: UInt64
        var suppressed: Int
    }

    private let interval: UInt64
    private let maximumKinds: Int
    private var kinds: [Kind] = []

    /// - Parameters:
    ///   - interval: nanoseconds between two events of one kind that are written.
    ///   - maximumKinds: how many kinds are told apart; small, since a look-up is a search of this length.
    public init(interval: UInt64 = 30_000_000_000, maximumKinds: Int = 32) {
        self.interval = interval
        self.maximumKinds = max(1, maximumKinds)
    }

    /// Counts one event of `kind` at `now` (monotonic nanoseconds) and says whether to write it.
    public mutating func admit(_ kind: String, now: UInt64) -> Admission {
        if let index = kinds.firstIndex(where: { $0.name == kind }) {
            guard now >= kinds[index].writtenAt, now - kinds[index].writtenAt < interval else {
                defer { kinds[index] = Kind(name: kind, writtenAt: now, suppressed: 0) }
                return .write(suppressed: kinds[index].suppressed)
            }
            kinds[index].suppressed += 1
            return .suppress
        }
        if kinds.count == maximumKinds,
            let oldest = kinds.indices.min(by: { kinds[$0].writtenAt < kinds[$1].writtenAt })
        {
            kinds.remove(at: oldest)
        }
        kinds.append(Kind(name: kind, writtenAt: now, suppressed: 0))
        return .write(suppressed: 0)
    }
}
