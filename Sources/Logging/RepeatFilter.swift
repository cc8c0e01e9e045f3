/// Keeps like warnings and errors from flooding the log: a pure machine over monotonic nanoseconds.
///
/// Events are alike when level, logger, message and fields are the same. The first few of a kind are written; those beyond
/// are counted, and one event a window says how many there were: `… (repeated 57 times in 60 s)`. A flood that goes on is told
/// once a window and not more. What is remembered is bounded.
struct RepeatFilter {
    /// How many of a kind are written before the counting begins: somebody who tries the same thing again wants to see
    /// that it failed again.
    private let burst: Int
    private let window: UInt64
    private let maximumKinds: Int
    private var kinds: [Kind] = []

    fileprivate struct Kind {
        var event: LogEvent
        /// Of the event, so that a look-up compares few texts.
        let hash: Int
        var began: UInt64
        var written: Int
        var suppressed = 0
    }

    /// - Parameters:
    ///   - burst: events of a kind that are written as they come.
    ///   - window: nanoseconds after which the rest is told, or the kind is forgotten.
    ///   - maximumKinds: how many kinds are told apart; beyond it the one that began first is told and forgotten.
    init(burst: Int = 5, window: UInt64 = 60_000_000_000, maximumKinds: Int = 1024) {
        self.burst = max(1, burst)
        self.window = max(1, window)
        self.maximumKinds = max(1, maximumKinds)
    }

    /// Takes an event in.
    ///
    /// - Returns: what is to be written now, in this order; the event is the last of it unless it is only counted.
    mutating func admit(_ event: LogEvent, now: UInt64) -> [LogEvent] {
        // What ends the worker is always told; below warnings a flood was asked for.
        guard event.level == .warn || event.level == .error else { return [event] }
        var result = due(now: now, wall: event.wallMilliseconds)
        let hash = event.likeness
        if let index = kinds.firstIndex(where: { $0.hash == hash && $0.event.isLike(event) }) {
            guard kinds[index].written < burst else {
                kinds[index].suppressed += 1
                return result
            }
            kinds[index].written += 1
        } else {
            if kinds.count == maximumKinds {
                // The one that began first stands first.
                let oldest = kinds.removeFirst()
                if let summary = oldest.summary(now: now, wall: event.wallMilliseconds) { result.append(summary) }
            }
            kinds.append(Kind(event: event, hash: hash, began: now, written: 1))
        }
        return result + [event]
    }

    /// What is to be written by now of kinds whose window is over.
    ///
    /// - Parameter wall: milliseconds since 1970, for what is written.
    mutating func due(now: UInt64, wall: Int64) -> [LogEvent] {
        // Windows are all of one length, and kinds stand in the order of their beginning.
        guard let first = kinds.first, Self.age(first, now) >= window else { return [] }
        var result: [LogEvent] = []
        var goingOn: [Kind] = []
        var kept: [Kind] = []
        for var kind in kinds {
            guard Self.age(kind, now) >= window else {
                kept.append(kind)
                continue
            }
            guard let summary = kind.summary(now: now, wall: wall) else { continue }
            result.append(summary)
            kind.began = now
            kind.written = burst
            kind.suppressed = 0
            goingOn.append(kind)
        }
        kinds = kept + goingOn
        return result
    }

    /// What has been counted and not been told, for the end of the process.
    mutating func drain(now: UInt64, wall: Int64) -> [LogEvent] {
        defer { kinds = [] }
        return kinds.compactMap { $0.summary(now: now, wall: wall) }
    }

    private static func age(_ kind: Kind, _ now: UInt64) -> UInt64 { now >= kind.began ? now - kind.began : 0 }
}

extension RepeatFilter.Kind {
    /// The event with the count of those that were left out; nil where none was.
    fileprivate func summary(now: UInt64, wall: Int64) -> LogEvent? {
        guard suppressed > 0 else { return nil }
        let seconds = max(1, ((now >= began ? now - began : 0) + 500_000_000) / 1_000_000_000)
        let times = suppressed == 1 ? "once more" : "\(suppressed) times"
        return LogEvent(
            wallMilliseconds: wall, level: event.level, logger: event.logger,
            message: "\(event.message) (repeated \(times) in \(seconds) s)",
            fields: event.fields + [LogField(LogField.repeatedKey, suppressed)])
    }
}

extension LogEvent {
    /// The same for events that are alike.
    fileprivate var likeness: Int {
        var hasher = Hasher()
        hasher.combine(logger)
        hasher.combine(message)
        for field in fields { hasher.combine(field.value) }
        return hasher.finalize()
    }

    fileprivate func isLike(_ other: LogEvent) -> Bool {
        level == other.level && logger == other.logger && message == other.message && fields == other.fields
    }
}
