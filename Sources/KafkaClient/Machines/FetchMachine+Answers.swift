import KafkaProtocol

/// Fetched data of one partition on its way to the application.
package struct FetchDelivery: Sendable, Equatable {
    /// Which entry of the answer's partitions holds the bytes.
    package var place: Int
    package var partition: TopicPartition
    package var incarnation: UInt64
    /// Where the application starts to read; the first batch may begin below.
    package var offset: Int64
    package var byteCount: Int
    package var highWatermark: Int64
}

extension FetchMachine {
    /// Fetch was answered, or was not.
    package mutating func fetched(
        node: Int32, token: UInt64, _ result: Result<FetchAnswer, RequestFault>, now: UInt64
    ) -> [Action] {
        guard let slot = sessions.firstIndex(where: { $0.node == node }), sessions[slot].request == token else {
            return []
        }
        sessions[slot].finished()
        defer {
            for at in places.indices where places[at].request == token { places[at].request = 0 }
        }
        let answer: FetchAnswer
        switch result {
        case .failure:
            sessions[slot].close()
            return nodeFailed(slot, token: token, now: now)
        case .success(let value): answer = value
        }
        switch answer.error {
        case .none: break
        case .fetchSessionIdNotFound, .fetchSessionTopicIdError:
            sessions[slot].close()
            return []
        case .invalidFetchSessionEpoch:
            sessions[slot].restart()
            return []
        default:
            sessions[slot].close()
            return nodeFailed(slot, token: token, now: now)
        }
        sessions[slot].failures = 0
        let wasFull = sessions[slot].epoch == 0
        let asked = sessions[slot]
        if wasFull, answer.throttle > 0, answer.partitions.isEmpty {
            sessions[slot].close()
        } else {
            sessions[slot].answered(sessionID: answer.sessionID)
        }
        if answer.partitions.allSatisfy(\.isEmpty) {
            sessions[slot].broughtNothing(now: now)
        } else {
            sessions[slot].broughtNews()
        }
        var actions: [Action] = []
        for (number, partition) in answer.partitions.enumerated() {
            guard let entry = asked.entry(partition.topic, partition.partition), let at = index(of: entry.partition),
                places[at].request == token, places[at].position == entry.offset
            else { continue }
            partitionFetched(at, partition, number: number, from: node, now: now, into: &actions)
        }
        return actions
    }

    private mutating func partitionFetched(
        _ at: Int, _ answer: FetchedPartition, number: Int, from node: Int32, now: UInt64,
        into actions: inout [Action]
    ) {
        switch answer.error {
        case .none:
            places[at].failures = 0
            if answer.highWatermark >= 0 { places[at].highWatermark = answer.highWatermark }
            if answer.preferredReplica >= 0, answer.span.byteCount == 0, answer.preferredReplica != node {
                places[at].follower = answer.preferredReplica
                places[at].followerUntil = now &+ settings.metadataMaxAge
                return
            }
            deliver(at, answer, number: number, into: &actions)
        case .offsetOutOfRange:
            if node != places[at].leader {
                places[at].follower = -1
            } else {
                losePosition(
                    at, .offsetOutOfRange, "offset \(places[at].position) is not in the log any more", &actions)
            }
        case .notLeaderOrFollower, .fencedLeaderEpoch, .unknownTopicOrPartition, .leaderNotAvailable,
            .replicaNotAvailable, .kafkaStorageError, .offsetNotAvailable, .unknownTopicId, .inconsistentTopicId:
            places[at].follower = -1
            postpone(at, now: now)
            actions.append(.refreshMetadata("fetching \(places[at].id) was refused with \(answer.error)"))
        case .topicAuthorizationFailed, .corruptMessage, .unsupportedCompressionType:
            fail(at, answer.error, "fetching was refused", &actions)
        case .offsetMovedToTieredStorage:
            places[at].follower = -1
            postpone(at, now: now)
        default:
            postpone(at, now: now)
        }
    }

    private mutating func deliver(
        _ at: Int, _ answer: FetchedPartition, number: Int, into actions: inout [Action]
    ) {
        let span = answer.span
        if span.isCutShort {
            fail(at, .corruptMessage, "a fetch answer holds not one whole batch", &actions)
            return
        }
        guard span.byteCount > 0 else { return }
        guard span.nextOffset > places[at].position else {
            fail(
                at, .corruptMessage, "fetched batches end at \(span.nextOffset), before the offset asked for", &actions)
            return
        }
        actions.append(
            .deliver(
                FetchDelivery(
                    place: number, partition: places[at].id, incarnation: places[at].incarnation,
                    offset: places[at].position, byteCount: span.byteCount,
                    highWatermark: places[at].highWatermark)))
        places[at].position = span.nextOffset
        places[at].positionEpoch = span.leaderEpoch
        places[at].buffered = span.byteCount
        places[at].served = countDelivery()
        bufferedBytes += span.byteCount
    }

    /// A node did not answer: its partitions wait, and a preferred follower is given up.
    private mutating func nodeFailed(_ slot: Int, token: UInt64, now: UInt64) -> [Action] {
        let wait = settings.retryBackoff.wait(failures: sessions[slot].failures, random: random.next())
        sessions[slot].failures += 1
        sessions[slot].retryAt = now &+ wait
        for at in places.indices where places[at].request == token { places[at].follower = -1 }
        return [.refreshMetadata("node \(sessions[slot].node) did not answer a fetch")]
    }

    /// ListOffsets was answered, or was not.
    package mutating func offsetsListed(
        token: UInt64, _ result: Result<[ListedOffset], RequestFault>, now: UInt64
    ) -> [Action] {
        guard let question = takeQuestion(token) else { return [] }
        var actions: [Action] = []
        for (id, incarnation) in question.asked {
            guard let at = index(of: id), places[at].incarnation == incarnation, places[at].request == token,
                case .resetting(let timestamp) = places[at].phase
            else { continue }
            places[at].request = 0
            guard case .success(let answers) = result, let answer = answers.first(where: { $0.partition == id }) else {
                postpone(at, now: now)
                if actions.isEmpty { actions.append(.refreshMetadata("the offsets of \(id) could not be listed")) }
                continue
            }
            switch answer.error {
            case .none where answer.offset >= 0:
                places[at].position = answer.offset
                places[at].positionEpoch = answer.leaderEpoch
                places[at].phase = .ready
                places[at].failures = 0
            case .none where timestamp != -1:
                // No record is that young: what comes from now on is what was meant.
                places[at].phase = .resetting(-1)
            case .topicAuthorizationFailed:
                fail(at, answer.error, "listing offsets was refused", &actions)
            default:
                postpone(at, now: now)
                actions.append(.refreshMetadata("listing the offsets of \(id) was refused with \(answer.error)"))
            }
        }
        return actions
    }

    /// OffsetForLeaderEpoch was answered, or was not.
    package mutating func epochsAnswered(
        token: UInt64, _ result: Result<[EpochEnd], RequestFault>, now: UInt64
    ) -> [Action] {
        guard let question = takeQuestion(token) else { return [] }
        var actions: [Action] = []
        for (id, incarnation) in question.asked {
            guard let at = index(of: id), places[at].incarnation == incarnation, places[at].request == token,
                places[at].phase == .validating
            else { continue }
            places[at].request = 0
            if case .failure(.refused) = result {
                // A broker without the request cannot tell; the offset itself is still checked by every fetch.
                places[at].phase = .ready
                continue
            }
            guard case .success(let answers) = result, let answer = answers.first(where: { $0.partition == id }) else {
                postpone(at, now: now)
                if actions.isEmpty { actions.append(.refreshMetadata("the epoch of \(id) could not be checked")) }
                continue
            }
            switch answer.error {
            case .none: validated(at, answer, &actions)
            case .topicAuthorizationFailed: fail(at, answer.error, "checking the leader epoch was refused", &actions)
            case .unknownLeaderEpoch: postpone(at, now: now)
            default:
                postpone(at, now: now)
                actions.append(.refreshMetadata("checking the epoch of \(id) was refused with \(answer.error)"))
            }
        }
        return actions
    }

    private mutating func validated(_ at: Int, _ answer: EpochEnd, _ actions: inout [Action]) {
        places[at].failures = 0
        if answer.endOffset < 0 || answer.leaderEpoch < 0 {
            losePosition(at, .offsetOutOfRange, "the leader does not know epoch \(places[at].positionEpoch)", &actions)
        } else if answer.endOffset < places[at].position {
            let text = "the log was cut off at \(answer.endOffset), before offset \(places[at].position)"
            guard settings.reset != .none else { return fail(at, .offsetOutOfRange, text, &actions) }
            actions.append(.positionLost(places[at].id, text))
            places[at].incarnation = takeIncarnation()
            places[at].position = answer.endOffset
            places[at].positionEpoch = answer.leaderEpoch
            places[at].phase = .ready
        } else {
            places[at].phase = .ready
        }
    }

    /// The log does not hold the position (any more): starts where the policy says, or reports.
    private mutating func losePosition(_ at: Int, _ error: ErrorCode, _ text: String, _ actions: inout [Action]) {
        guard settings.reset != .none else {
            fail(at, error, text, &actions)
            return
        }
        actions.append(.positionLost(places[at].id, text))
        places[at].incarnation = takeIncarnation()
        places[at].request = 0
        Self.begin(&places[at], at: .reset, reset: settings.reset)
    }

    /// The topic was deleted and is there again: offsets and epochs of the old log say nothing about the new one, even where they
    /// are in range. What was fetched of the old one is delivered before the new one is looked at.
    mutating func topicMadeAnew(_ at: Int, _ actions: inout [Action]) {
        places[at].request = 0
        places[at].follower = -1
        switch places[at].phase {
        case .broken, .resetting: return
        case .ready, .validating: break
        }
        let text = "the topic was deleted and made anew: offset \(places[at].position) is one of the old"
        guard settings.reset != .none else { return fail(at, .offsetOutOfRange, text, &actions) }
        actions.append(.positionLost(places[at].id, text))
        Self.begin(&places[at], at: .reset, reset: settings.reset)
    }

    private mutating func fail(_ at: Int, _ error: ErrorCode, _ text: String, _ actions: inout [Action]) {
        places[at].phase = .broken
        actions.append(.failed(places[at].id, error, text))
    }

    private mutating func takeQuestion(_ token: UInt64) -> FetchQuestion? {
        guard let at = questions.firstIndex(where: { $0.token == token }) else { return nil }
        return questions.remove(at: at)
    }
}
