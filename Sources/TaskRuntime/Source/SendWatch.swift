import ConnectModel

/// Notices that Kafka takes nothing of a source task for long, and that it does again: a pure machine over monotonic
/// nanoseconds, asked at every turn of the task's loop.
///
/// A task that waits is healthy, and nothing else would tell an operator why no record arrives.
struct SendWatch {
    /// What is worth a line in the log, once each time that it happens.
    enum News: Equatable {
        /// Records wait, and Kafka has acknowledged nothing for so many nanoseconds.
        case silent(UInt64)
        /// It acknowledges again, after so many.
        case goesOn(UInt64)
        /// A topic or partition that records are for has not appeared for so many.
        case missing(MissingPlace, UInt64)
    }

    /// How long silence is nothing special.
    static let patience: UInt64 = 30_000_000_000
    /// The same for a topic that is not there, which its creation or a broker's election may take.
    static let topicPatience: UInt64 = 60_000_000_000

    /// A record for a partition is refused after a minute at the latest: that it waits is worth a word before.
    private static func patience(with place: MissingPlace) -> UInt64 {
        switch place {
        case .topic: topicPatience
        case .partition: patience
        }
    }

    private struct Wait {
        var since: UInt64
        var isTold = false
    }

    private var silence: Wait?
    private var missing: (place: MissingPlace, wait: Wait)?

    /// - Parameters:
    ///   - isWaiting: records are on their way to Kafka.
    ///   - hasProgress: some came out since the last call, well or badly.
    ///   - missing: the topic or partition that the next record waits for.
    mutating func update(now: UInt64, isWaiting: Bool, hasProgress: Bool, missing: MissingPlace?) -> [News] {
        [updateSilence(now, isWaiting && missing == nil, hasProgress), updateMissing(now, missing)]
            .compactMap(\.self)
    }

    /// When there will be something to tell if nothing happens until then.
    var nextDeadline: UInt64 {
        let silent = silence.map { $0.isTold ? UInt64.max : $0.since.addingSaturating(Self.patience) } ?? .max
        guard let missing, !missing.wait.isTold else { return silent }
        return min(silent, missing.wait.since.addingSaturating(Self.patience(with: missing.place)))
    }

    private mutating func updateSilence(_ now: UInt64, _ isWaiting: Bool, _ hasProgress: Bool) -> News? {
        let before = silence
        if hasProgress || !isWaiting {
            silence = isWaiting ? Wait(since: now) : nil
            // What ends a wait without progress, such as a topic that has gone, is no news of Kafka.
            guard let before, before.isTold, hasProgress else { return nil }
            return .goesOn(now &- before.since)
        }
        guard let before else {
            silence = Wait(since: now)
            return nil
        }
        guard !before.isTold, now >= before.since, now - before.since >= Self.patience else { return nil }
        silence?.isTold = true
        return .silent(now - before.since)
    }

    private mutating func updateMissing(_ now: UInt64, _ place: MissingPlace?) -> News? {
        guard let place else {
            missing = nil
            return nil
        }
        guard let before = missing, before.place == place else {
            missing = (place, Wait(since: now))
            return nil
        }
        guard !before.wait.isTold, now >= before.wait.since, now - before.wait.since >= Self.patience(with: place)
        else { return nil }
        missing?.wait.isTold = true
        return .missing(place, now - before.wait.since)
    }
}
