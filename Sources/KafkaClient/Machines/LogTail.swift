/// Where a reader of a whole topic stands, and what "to the end" means for those who ask for it.
///
/// Every partition is read from its beginning, without a group. A question for the end takes the leaders' answer
/// (ListOffsets, read uncommitted) and waits until the position of each partition has reached it; positions count
/// transaction markers and what compaction removed. Questions that come while one is under way wait for the next, since
/// the answer may be older than they are. Nothing is given up: what may go away by itself is tried again.
///
/// Pure: events in, actions out of ``step(now:)``, which is to be called after every event; time is a parameter
/// (monotonic nanoseconds). Source: `KafkaBasedLog`, `TopicAdmin.retryEndOffsets`.
package struct LogTail: Sendable {
    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Drop the reader, and read each partition from its offset, nil for the beginning of the log.
        case read([Int64?])
        /// Ask the leaders for the ends of so many partitions.
        case askEnds(token: UInt64, partitionCount: Int)
        /// These questions are answered: all that was in the log has been read.
        case reached([UInt64])
        /// These questions cannot be answered.
        case failed([UInt64], ClientError)
        /// What was read of the log is not in it any more: it was made anew, or cut. It is read again.
        case madeAnew
    }

    private struct Place: Sendable {
        /// The next offset to read; nil until the reader has found the beginning.
        var position: Int64?
        /// Where the log could not be read, and how often in a row.
        var damagedAt: Int64 = -1
        var damages = 0
    }

    /// Ends that were asked for and not answered.
    private struct Question: Sendable {
        let token: UInt64
        let ids: [UInt64]
        /// Positions when it was asked: an end below one of them says that the log was cut or made anew.
        let positions: [Int64?]
    }

    private struct Target: Sendable {
        let ids: [UInt64]
        let ends: [Int64]
    }

    /// How often damaged data is read again before it is passed over: it may have been damaged on the way.
    package static let damageLimit = 3

    private var topicID: MetadataSnapshot.TopicID = .none
    private var places: [Place] = []
    private var waiting: [UInt64] = []
    private var question: Question?
    private var targets: [Target] = []
    private var lastToken: UInt64 = 0
    /// When the reader is to be made (anew), nil while it does its work.
    private var readAt: UInt64?
    private var askAt: UInt64 = 0
    /// That it was made anew has not been told yet.
    private var isMadeAnew = false
    private var readPause: RetryPause
    private var askPause: RetryPause

    /// - Parameters:
    ///   - backoff: between attempts of either kind.
    ///   - seed: of the jitter.
    package init(backoff: Backoff, seed: UInt64) {
        readPause = RetryPause(backoff, seed: seed)
        askPause = RetryPause(backoff, seed: seed &+ 1)
    }

    /// When ``step(now:)`` is due although nothing happens.
    package var nextDeadline: UInt64? {
        guard !places.isEmpty else { return nil }
        let ask = waiting.isEmpty || question != nil ? nil : askAt
        guard let readAt else { return ask }
        return min(readAt, ask ?? .max)
    }

    // MARK: - Events

    /// The metadata names the topic. Another id is another topic of the same name: all of it is to be read.
    package mutating func topicSeen(id: MetadataSnapshot.TopicID, partitionCount count: Int, now: UInt64) {
        guard count > 0 else { return }
        let isAnother = topicID != .none && id != .none && id != topicID || count < places.count
        guard isAnother || count > places.count else {
            if id != .none { topicID = id }
            return
        }
        topicID = id
        if isAnother {
            isMadeAnew = true
            places = []
        }
        while places.count < count { places.append(Place()) }
        // Ends that were answered for other partitions say nothing any more.
        waiting = targets.flatMap(\.ids) + (question?.ids ?? []) + waiting
        targets = []
        question = nil
        readAt = now
    }

    /// The reader found where a partition begins.
    package mutating func began(_ partition: Int32, at offset: Int64) {
        guard places.indices.contains(Int(partition)), places[Int(partition)].position == nil else { return }
        places[Int(partition)].position = offset
    }

    /// The reader goes on there. Below what it has handed on already it found nothing where it stood.
    package mutating func goesOn(_ partition: Int32, at offset: Int64) {
        guard places.indices.contains(Int(partition)), let position = places[Int(partition)].position,
            offset < position
        else { return }
        isMadeAnew = true
    }

    /// Everything below `next` was handed on.
    package mutating func read(_ partition: Int32, upTo next: Int64) {
        guard places.indices.contains(Int(partition)) else { return }
        places[Int(partition)].position = next
        if next > places[Int(partition)].damagedAt {
            places[Int(partition)].damages = 0
            readPause.reset()
        }
    }

    /// What lies at `offset` cannot be read. It is read again after a pause, a few times; then it is passed over.
    ///
    /// - Parameter next: the offset behind it.
    /// - Returns: whether it is passed over, which is worth an error in the log.
    package mutating func damaged(_ partition: Int32, at offset: Int64, behind next: Int64, now: UInt64) -> Bool {
        let at = Int(partition)
        guard places.indices.contains(at) else { return false }
        places[at].damages = places[at].damagedAt == offset ? places[at].damages + 1 : 1
        places[at].damagedAt = offset
        let isPassedOver = places[at].damages > Self.damageLimit && next > offset
        places[at].position = isPassedOver ? next : offset
        if isPassedOver { places[at].damages = 0 }
        readAt = min(readAt ?? .max, adding(readPause.next(), to: now))
        return isPassedOver
    }

    /// The reader cannot go on with a partition, or at all. It is made anew after a pause.
    package mutating func readerFailed(now: UInt64) {
        guard readAt == nil else { return }
        readAt = adding(readPause.next(), to: now)
    }

    /// Somebody wants to know when everything that is in the log by now has been read.
    package mutating func endWanted(_ id: UInt64) { waiting.append(id) }

    /// The leaders answered, in the order of the partitions, or did not.
    package mutating func endsAnswered(token: UInt64, _ result: Result<[Int64], ClientError>, now: UInt64) -> [Action] {
        guard let asked = question, asked.token == token else { return [] }
        question = nil
        switch result {
        case .success(let ends):
            guard ends.count == places.count else {
                waiting = asked.ids + waiting
                return []
            }
            askPause.reset()
            for (at, end) in ends.enumerated() where (asked.positions[at] ?? 0) > end {
                places[at] = Place()
                isMadeAnew = true
                readAt = now
            }
            targets.append(Target(ids: asked.ids, ends: ends))
            return []
        case .failure(let error):
            guard error.isRetriable else { return [.failed(asked.ids, error)] }
            waiting = asked.ids + waiting
            askAt = adding(askPause.next(), to: now)
            return []
        }
    }

    /// What is due.
    package mutating func step(now: UInt64) -> [Action] {
        guard !places.isEmpty else { return [] }
        var actions: [Action] = isMadeAnew ? [.madeAnew] : []
        isMadeAnew = false
        if let due = readAt, due <= now {
            readAt = nil
            actions.append(.read(places.map(\.position)))
        }
        let reached = targets.filter(isReached)
        if !reached.isEmpty {
            targets.removeAll(where: isReached)
            actions.append(.reached(reached.flatMap(\.ids)))
        }
        if question == nil, !waiting.isEmpty, askAt <= now {
            lastToken += 1
            question = Question(token: lastToken, ids: waiting, positions: places.map(\.position))
            waiting = []
            actions.append(.askEnds(token: lastToken, partitionCount: places.count))
        }
        return actions
    }

    private func isReached(_ target: Target) -> Bool {
        zip(places, target.ends).allSatisfy { place, end in
            // Even an empty partition counts only once its beginning is known, since it may have been cut.
            place.position.map { $0 >= end } ?? false
        }
    }
}
