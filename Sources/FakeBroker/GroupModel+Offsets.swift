package import KafkaProtocol

// Committed offsets.

extension GroupModel {
    package mutating func commit(_ request: OffsetCommitRequest, ticket: UInt64, now: UInt64) {
        let code = commitError(request)
        var answer = OffsetCommitResponse()
        var places = code == 0 ? self.places() : [:]
        for topic in request.topics {
            var entry = OffsetCommitResponse.OffsetCommitResponseTopic()
            entry.name = topic.name
            for partition in topic.partitions {
                if code == 0 { store(topic.name, partition, &places) }
                var place = OffsetCommitResponse.OffsetCommitResponsePartition()
                place.partitionIndex = partition.partitionIndex
                place.errorCode = code
                entry.partitions.append(place)
            }
            answer.topics.append(entry)
        }
        if code == 0, let at = members.firstIndex(where: { $0.id == request.memberId }) { members[at].heard = now }
        replies.append((ticket, .commit(answer)))
    }

    package mutating func fetch(_ request: OffsetFetchRequest, ticket: UInt64) {
        var answer = OffsetFetchResponse()
        let places = self.places()
        for asked in request.groups {
            var group = OffsetFetchResponse.OffsetFetchResponseGroup()
            group.groupId = asked.groupId
            for topic in asked.topics ?? everything() {
                var entry = OffsetFetchResponse.OffsetFetchResponseTopics()
                entry.name = topic.name
                for partition in topic.partitionIndexes {
                    let known = places[Place(topic: topic.name, partition: partition)].map { committed[$0] }
                    var place = OffsetFetchResponse.OffsetFetchResponsePartitions()
                    place.partitionIndex = partition
                    place.committedOffset = known?.offset ?? -1
                    place.committedLeaderEpoch = known?.leaderEpoch ?? -1
                    place.metadata = known?.metadata ?? ""
                    entry.partitions.append(place)
                }
                group.topics.append(entry)
            }
            answer.groups.append(group)
        }
        replies.append((ticket, .fetch(answer)))
    }

    /// Every partition with a committed offset, as a request would name them.
    private func everything() -> [OffsetFetchRequest.OffsetFetchRequestTopics] {
        var topics: [OffsetFetchRequest.OffsetFetchRequestTopics] = []
        var places: [String: Int] = [:]
        for each in committed {
            if let at = places[each.topic] {
                topics[at].partitionIndexes.append(each.partition)
            } else {
                var topic = OffsetFetchRequest.OffsetFetchRequestTopics()
                topic.name = each.topic
                topic.partitionIndexes = [each.partition]
                places[each.topic] = topics.count
                topics.append(topic)
            }
        }
        return topics
    }

    /// Forgets the committed offsets of partitions.
    package mutating func forgetOffsets(_ partitions: [(topic: String, partition: Int32)]) {
        let gone = Set(partitions.map { Place(topic: $0.topic, partition: $0.partition) })
        committed.removeAll { gone.contains(Place(topic: $0.topic, partition: $0.partition)) }
    }

    /// Forgets the committed offsets of a topic, which was deleted.
    package mutating func forgetOffsets(of topic: String) { committed.removeAll { $0.topic == topic } }
}

// MARK: - Inside

extension GroupModel {
    private func commitError(_ request: OffsetCommitRequest) -> Int16 {
        if request.generationIdOrMemberEpoch < 0 { return members.isEmpty ? 0 : 25 }
        guard hasMember(request.memberId) else { return 25 }
        if request.generationIdOrMemberEpoch != generation { return 22 }
        if case .completing = state { return 27 }
        return 0
    }

    private struct Place: Hashable {
        let topic: String
        let partition: Int32
    }

    /// Where the offset of each partition is: made once for a request, which may name many.
    private func places() -> [Place: Int] {
        var places: [Place: Int] = [:]
        for (at, each) in committed.enumerated() { places[Place(topic: each.topic, partition: each.partition)] = at }
        return places
    }

    private mutating func store(
        _ topic: String, _ partition: OffsetCommitRequest.OffsetCommitRequestPartition, _ places: inout [Place: Int]
    ) {
        let entry = Committed(
            topic: topic, partition: partition.partitionIndex, offset: partition.committedOffset,
            leaderEpoch: partition.committedLeaderEpoch, metadata: partition.committedMetadata)
        let place = Place(topic: topic, partition: partition.partitionIndex)
        if let at = places[place] {
            committed[at] = entry
        } else {
            places[place] = committed.count
            committed.append(entry)
        }
    }
}
