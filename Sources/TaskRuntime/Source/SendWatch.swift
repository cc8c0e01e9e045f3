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
        /// A topic that records are for has not appeared for so many.
        case noTopic(String, UInt64)
    }

    /// How long silence is nothing special.
    static let patience: UInt64 = 30_000_000_000
    /// The same for a topic that is not there, which its creation or a broker's election may take.
    static let topicPatience: UInt64 = 60_000_000_000

    private struct Wait {
        var since: UInt64
        var isTold = false
    }

    private var silence: Wait?
    private var topic: (name: String, wait: Wait)?

    /// - Parameters:
    ///   - isWaiting: records are on their way to Kafka.
    ///   - hasProgress: some came out since the last call, well or badly.
    ///   - missingTopic: the topic that the next record waits for.
    mutating func update(now: UInt64, isWaiting: Bool, hasProgress: Bool, missingTopic: String?) -> [News] {
        [updateSilence(now, isWaiting && missingTopic == nil, hasProgress), updateTopic(now, missingTopic)]
            .compactMap(\.self)
    }

    /// When there will be something to tell if nothing happens until then.
    var nextDeadline: UInt64 {
        let silent = silence.map { $0.isTold ? UInt64.max : $0.since.addingSaturating(Self.patience) } ?? .max
        let missing = topic.map { $0.wait.isTold ? UInt64.max : $0.wait.since.addingSaturating(Self.topicPatience) }
        return min(silent, missing ?? .max)
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

    private mutating func updateTopic(_ now: UInt64, _ name: String?) -> News? {
        guard let name else {
            topic = nil
            return nil
        }
        guard let before = topic, before.name == name else {
            topic = (name, Wait(since: now))
            return nil
        }
        guard !before.wait.isTold, now >= before.wait.since, now - before.wait.since >= Self.topicPatience else {
            return nil
        }
        topic?.wait.isTold = true
        return .noTopic(name, now - before.wait.since)
    }
}
