package import KafkaProtocol

/// A committed offset as OffsetFetch tells it; -1 when there is none.
package struct CommittedOffset: Sendable, Equatable {
    package var partition: TopicPartition
    package var error: ErrorCode
    package var offset: Int64
    package var leaderEpoch: Int32

    package init(partition: TopicPartition, error: ErrorCode, offset: Int64 = -1, leaderEpoch: Int32 = -1) {
        self.partition = partition
        self.error = error
        self.offset = offset
        self.leaderEpoch = leaderEpoch
    }
}

/// What came back for an OffsetFetch.
package struct CommittedAnswer: Sendable, Equatable {
    package var error: ErrorCode
    package var offsets: [CommittedOffset]

    package init(error: ErrorCode, offsets: [CommittedOffset]) {
        self.error = error
        self.offsets = offsets
    }
}

extension ConsumerMachine {
    /// The cluster looks different now, or the metadata asked for has come.
    package mutating func topologyChanged(_ snapshot: MetadataSnapshot, at instant: Instant) -> [Action] {
        self.snapshot = snapshot
        refuseTopics()
        perform(fetch.topologyChanged(snapshot))
        if election != nil { computeAssignment(isLate: false, instant) }
        checkAssignedFrom(instant)
        return finish(instant)
    }

    /// Says of topics that are subscribed by name that they are illegal or may not be read, as Java's `poll` throws then:
    /// waiting for them would be for ever, and silent.
    mutating func refuseTopics() {
        for name in subscribed {
            let code = snapshot.topic(name).map { ErrorCode(rawValue: $0.errorCode) }
            if code == .invalidTopicException || !TopicName.canExist(name) {
                let shown = String(name.prefix(TopicName.longest))
                out.append(.event(.failed(nil, .invalidTopicException, "no topic can be called \(shown)")))
            } else if code == .topicAuthorizationFailed {
                out.append(.event(.failed(nil, .topicAuthorizationFailed, "reading topic \(name) is not allowed")))
            }
        }
    }

    /// JoinGroup was answered.
    package mutating func joinAnswered(
        token: UInt64, _ result: Result<GroupJoinAnswer, RequestFault>, at instant: Instant
    ) -> [Action] {
        withGroup(instant) { $0.joinAnswered(token: token, result, now: instant.monotonic) }
        return finish(instant)
    }

    /// SyncGroup was answered.
    package mutating func syncAnswered(
        token: UInt64, _ result: Result<GroupSyncAnswer, RequestFault>, at instant: Instant
    ) -> [Action] {
        withGroup(instant) { $0.syncAnswered(token: token, result, now: instant.monotonic) }
        return finish(instant)
    }

    /// Heartbeat was answered.
    package mutating func heartbeatAnswered(
        token: UInt64, _ result: Result<ErrorCode, RequestFault>, at instant: Instant
    ) -> [Action] {
        withGroup(instant) { $0.heartbeatAnswered(token: token, result, now: instant.monotonic) }
        return finish(instant)
    }

    /// LeaveGroup was answered, well or not.
    package mutating func leaveAnswered(token: UInt64, at instant: Instant) -> [Action] {
        withGroup(instant) { $0.leaveAnswered(token: token, now: instant.monotonic) }
        return finish(instant)
    }

    /// OffsetCommit was answered.
    package mutating func commitAnswered(
        token: UInt64, _ result: Result<[(TopicPartition, ErrorCode)], RequestFault>, at instant: Instant
    ) -> [Action] {
        let actions = commits.answered(
            token: token, result, identity: group?.identity, isJoining: isJoining, now: instant.monotonic)
        perform(actions, instant)
        return finish(instant)
    }

    /// OffsetCommit could not be sent because nothing may be committed now; it waits for ``commitsReleased(at:)``.
    package mutating func commitHeld(token: UInt64, at instant: Instant) -> [Action] {
        perform(commits.hold(token: token, now: instant.monotonic), instant)
        return finish(instant)
    }

    /// Commits that were held back may be sent.
    package mutating func commitsReleased(at instant: Instant) -> [Action] {
        commits.release()
        return finish(instant)
    }

    /// Fetch was answered.
    package mutating func fetched(
        node: Int32, token: UInt64, _ result: Result<FetchAnswer, RequestFault>, at instant: Instant
    ) -> [Action] {
        perform(fetch.fetched(node: node, token: token, result, now: instant.monotonic))
        return finish(instant)
    }

    /// ListOffsets was answered.
    package mutating func offsetsListed(
        token: UInt64, _ result: Result<[ListedOffset], RequestFault>, at instant: Instant
    ) -> [Action] {
        perform(fetch.offsetsListed(token: token, result, now: instant.monotonic))
        return finish(instant)
    }

    /// OffsetForLeaderEpoch was answered.
    package mutating func epochsAnswered(
        token: UInt64, _ result: Result<[EpochEnd], RequestFault>, at instant: Instant
    ) -> [Action] {
        perform(fetch.epochsAnswered(token: token, result, now: instant.monotonic))
        return finish(instant)
    }

    /// OffsetFetch was answered.
    package mutating func committedAnswered(
        token: UInt64, _ result: Result<CommittedAnswer, RequestFault>, at instant: Instant
    ) -> [Action] {
        guard let question = offsetQuestion, question.token == token else { return [] }
        offsetQuestion = nil
        switch result {
        case .failure(.transport):
            out.append(.forgetCoordinator)
            postponeOffsets(instant)
        case .failure(.refused(let code, let text)):
            out.append(.event(.failed(nil, code, text)))
            postponeOffsets(instant)
        case .success(let answer):
            switch answer.error {
            case .none: position(question.asked, answer.offsets, instant)
            case .coordinatorNotAvailable, .notCoordinator:
                out.append(.forgetCoordinator)
                postponeOffsets(instant)
            case .groupAuthorizationFailed, .invalidGroupId:
                out.append(.event(.failed(nil, answer.error, "reading committed offsets was refused")))
                postponeOffsets(instant)
            default: postponeOffsets(instant)
            }
        }
        return finish(instant)
    }

    /// Positions partitions at their committed offsets; those whose answer is missing or unstable are asked for again.
    private mutating func position(_ asked: [TopicPartition], _ answers: [CommittedOffset], _ instant: Instant) {
        var starts: [(TopicPartition, FetchMachine.Start)] = []
        var mustRepeat = false
        for id in asked where owned.contains(where: { $0.id == id && !$0.isAnnounced }) {
            guard let answer = answers.first(where: { $0.partition == id }) else {
                mustRepeat = true
                continue
            }
            switch answer.error {
            case .none where answer.offset >= 0:
                starts.append((id, .offset(answer.offset, epoch: answer.leaderEpoch)))
            case .none:
                if settings.fetch.reset == .none {
                    out.append(.event(.failed(id, .offsetOutOfRange, "no offset was committed for \(id)")))
                }
                starts.append((id, .reset))
            case .topicAuthorizationFailed:
                out.append(.event(.failed(id, answer.error, "reading the committed offset of \(id) was refused")))
                starts.append((id, .reset))
            default:
                mustRepeat = true
            }
        }
        fetch.assign(starts)
        if mustRepeat { postponeOffsets(instant) } else { offsetPause.reset() }
    }

    private mutating func postponeOffsets(_ instant: Instant) {
        offsetRetryAt = instant.monotonic &+ offsetPause.next()
    }
}
