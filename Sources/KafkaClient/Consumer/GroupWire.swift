package import KafkaProtocol

// The group machine's messages as Kafka's, and back.

extension GroupJoin {
    /// The request; fields that the negotiated version lacks are left out by the encoder.
    package var wire: JoinGroupRequest {
        var request = JoinGroupRequest()
        request.groupId = groupID
        request.sessionTimeoutMs = milliseconds(sessionTimeout)
        request.rebalanceTimeoutMs = milliseconds(rebalanceTimeout)
        request.memberId = memberID
        request.groupInstanceId = instanceID
        request.protocolType = protocolType
        request.protocols = protocols.map { offer in
            var entry = JoinGroupRequest.JoinGroupRequestProtocol()
            entry.name = offer.name
            entry.metadata = offer.metadata
            return entry
        }
        request.reason = reason
        return request
    }
}

extension GroupJoinAnswer {
    /// Reads an answer.
    package init(_ answer: JoinGroupResponse) {
        self.init(
            error: ErrorCode(rawValue: answer.errorCode), generation: answer.generationId, memberID: answer.memberId,
            leaderID: answer.leader, protocolType: answer.protocolType, protocolName: answer.protocolName,
            skipAssignment: answer.skipAssignment,
            members: answer.members.map {
                GroupMember(id: $0.memberId, instanceID: $0.groupInstanceId, metadata: $0.metadata)
            })
    }
}

extension GroupSync {
    /// The request.
    package var wire: SyncGroupRequest {
        var request = SyncGroupRequest()
        request.groupId = groupID
        request.generationId = generation
        request.memberId = memberID
        request.groupInstanceId = instanceID
        request.protocolType = protocolType
        request.protocolName = protocolName
        request.assignments = assignments.map { assignment in
            var entry = SyncGroupRequest.SyncGroupRequestAssignment()
            entry.memberId = assignment.memberID
            entry.assignment = assignment.bytes
            return entry
        }
        return request
    }
}

extension GroupSyncAnswer {
    /// Reads an answer.
    package init(_ answer: SyncGroupResponse) {
        self.init(
            error: ErrorCode(rawValue: answer.errorCode), protocolType: answer.protocolType,
            protocolName: answer.protocolName, assignment: answer.assignment)
    }
}

extension GroupHeartbeat {
    /// The request.
    package var wire: HeartbeatRequest {
        var request = HeartbeatRequest()
        request.groupId = groupID
        request.generationId = generation
        request.memberId = memberID
        request.groupInstanceId = instanceID
        return request
    }
}

extension GroupLeave {
    /// The request.
    package var wire: LeaveGroupRequest {
        var identity = LeaveGroupRequest.MemberIdentity()
        identity.memberId = memberID
        identity.groupInstanceId = instanceID
        identity.reason = reason
        var request = LeaveGroupRequest()
        request.groupId = groupID
        request.members = [identity]
        return request
    }
}

/// Offsets of a group on the wire.
package enum OffsetWire {
    /// OffsetCommit, in the shape of versions up to 9 (topics by name).
    package static func commit(
        groupID: String, _ identity: GroupIdentity?, _ offsets: [CommitMachine.Offset]
    ) -> OffsetCommitRequest {
        var request = OffsetCommitRequest()
        request.groupId = groupID
        request.generationIdOrMemberEpoch = identity?.generation ?? -1
        request.memberId = identity?.memberID ?? ""
        request.groupInstanceId = identity?.instanceID
        for offset in offsets.sorted(by: { $0.partition < $1.partition }) {
            if request.topics.last?.name != offset.partition.topic {
                var topic = OffsetCommitRequest.OffsetCommitRequestTopic()
                topic.name = offset.partition.topic
                request.topics.append(topic)
            }
            var entry = OffsetCommitRequest.OffsetCommitRequestPartition()
            entry.partitionIndex = offset.partition.partition
            entry.committedOffset = offset.offset
            entry.committedLeaderEpoch = offset.leaderEpoch
            entry.committedMetadata = ""
            request.topics[request.topics.count - 1].partitions.append(entry)
        }
        return request
    }

    /// The error of each partition of an OffsetCommit answer.
    package static func codes(_ answer: OffsetCommitResponse) -> [(TopicPartition, ErrorCode)] {
        answer.topics.flatMap { topic in
            topic.partitions.map {
                (TopicPartition(topic.name, $0.partitionIndex), ErrorCode(rawValue: $0.errorCode))
            }
        }
    }

    /// OffsetFetch in the shape of versions 8 and 9 (many groups, topics by name).
    package static func fetch(groupID: String, _ partitions: [TopicPartition]) -> OffsetFetchRequest {
        var group = OffsetFetchRequest.OffsetFetchRequestGroup()
        group.groupId = groupID
        group.topics = byTopic(partitions).map { topic, numbers in
            var entry = OffsetFetchRequest.OffsetFetchRequestTopics()
            entry.name = topic
            entry.partitionIndexes = numbers
            return entry
        }
        var request = OffsetFetchRequest()
        request.groups = [group]
        request.requireStable = true
        return request
    }

    /// OffsetFetch in the shape of versions up to 7 (one group).
    ///
    /// - Parameter isStable: whether to wait for open transactional commits, which version 7 can and older ones cannot.
    package static func fetchOfOne(groupID: String, _ partitions: [TopicPartition], isStable: Bool)
        -> OffsetFetchRequest
    {
        var request = OffsetFetchRequest()
        request.groupId = groupID
        request.topics = byTopic(partitions).map { topic, numbers in
            var entry = OffsetFetchRequest.OffsetFetchRequestTopic()
            entry.name = topic
            entry.partitionIndexes = numbers
            return entry
        }
        request.requireStable = isStable
        return request
    }

    /// Reads an OffsetFetch answer of either shape.
    package static func committed(_ answer: OffsetFetchResponse, groupID: String) -> CommittedAnswer {
        if let group = answer.groups.first(where: { $0.groupId == groupID }) {
            let offsets = group.topics.flatMap { topic in
                topic.partitions.map { entry in
                    CommittedOffset(
                        partition: TopicPartition(topic.name, entry.partitionIndex),
                        error: ErrorCode(rawValue: entry.errorCode), offset: entry.committedOffset,
                        leaderEpoch: entry.committedLeaderEpoch)
                }
            }
            return CommittedAnswer(error: ErrorCode(rawValue: group.errorCode), offsets: offsets)
        }
        let offsets = answer.topics.flatMap { topic in
            topic.partitions.map { entry in
                CommittedOffset(
                    partition: TopicPartition(topic.name, entry.partitionIndex),
                    error: ErrorCode(rawValue: entry.errorCode), offset: entry.committedOffset,
                    leaderEpoch: entry.committedLeaderEpoch)
            }
        }
        return CommittedAnswer(error: ErrorCode(rawValue: answer.errorCode), offsets: offsets)
    }
}

/// Sorted partitions, topic by topic.
func byTopic(_ partitions: [TopicPartition]) -> [(String, [Int32])] {
    var groups: [(String, [Int32])] = []
    for id in partitions {
        if let last = groups.indices.last, groups[last].0 == id.topic {
            groups[last].1.append(id.partition)
        } else {
            groups.append((id.topic, [id.partition]))
        }
    }
    return groups
}

private func milliseconds(_ nanoseconds: UInt64) -> Int32 { Int32(clamping: nanoseconds / 1_000_000) }
