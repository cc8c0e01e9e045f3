internal import KafkaProtocol

/// OffsetCommit (8): of members, and of who is none while the group is empty.
enum OffsetCommitAPI: BrokerAPI {
    static let leastAnnounced: Int16? = 2
    static let namesTopics = true
    /// As Kafka's `offset.metadata.max.bytes`.
    private static let longestMetadata = 4096

    static func answer(_ request: OffsetCommitRequest, _ call: Call, _ broker: inout Broker) {
        guard !request.groupId.isEmpty else {
            return refuse(request, .invalidGroupId, call, &broker)
        }
        if request.generationIdOrMemberEpoch < 0,
            !broker.groups.make(request.groupId, memberPrefix: broker.memberPrefix)
        {
            return refuse(request, .groupMaxSizeReached, call, &broker)
        }
        // Only what can be stored is for the model to decide on; it knows topics by name.
        var stored = request
        stored.topics = []
        for topic in request.topics {
            var kept = topic
            kept.name = broker.topics.find(topic.name, topic.topicId)?.name ?? topic.name
            kept.partitions = topic.partitions.filter { objection(to: $0, topic, broker) == nil }
            stored.topics.append(kept)
        }
        let reply = broker.askNow(request.groupId, call.pending.ticket) { group, now in
            group.commit(stored, ticket: call.pending.ticket, now: now)
        }
        guard case .commit(let decided) = reply else {
            return refuse(request, .unknownMemberId, call, &broker)
        }
        broker.reply(
            map(request) { at, topic, part in
                if let refusal = objection(to: part, topic, broker) { return refusal.rawValue }
                // One error for all of a request, or none.
                return decided.topics[at].partitions.first?.errorCode ?? 0
            }, to: call.pending)
    }

    static func refusal(_ request: OffsetCommitRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> OffsetCommitResponse
    {
        map(request) { _, _, _ in code }
    }

    static func topics(of request: OffsetCommitRequest, _ broker: Broker) -> [String] {
        request.topics.compactMap { broker.topics.find($0.name, $0.topicId)?.name ?? $0.name }
    }

    private static func objection(
        to part: OffsetCommitRequest.OffsetCommitRequestPartition,
        _ topic: OffsetCommitRequest.OffsetCommitRequestTopic, _ broker: Broker
    ) -> ErrorCode? {
        if case .failure(let refusal) = broker.slot(topic.name, topic.topicId, part.partitionIndex) {
            return refusal.code
        }
        return (part.committedMetadata ?? "").utf8.count > longestMetadata ? .offsetMetadataTooLarge : nil
    }

    /// An answer of the shape of the request; `code` tells the error of each part, given the topic's place.
    private static func map(
        _ request: OffsetCommitRequest,
        _ code: (
            Int, OffsetCommitRequest.OffsetCommitRequestTopic, OffsetCommitRequest.OffsetCommitRequestPartition
        ) -> Int16
    ) -> OffsetCommitResponse {
        var response = OffsetCommitResponse()
        for (at, topic) in request.topics.enumerated() {
            var entry = OffsetCommitResponse.OffsetCommitResponseTopic()
            (entry.name, entry.topicId) = (topic.name, topic.topicId)
            entry.partitions = topic.partitions.map { part in
                var place = OffsetCommitResponse.OffsetCommitResponsePartition()
                place.partitionIndex = part.partitionIndex
                place.errorCode = code(at, topic, part)
                return place
            }
            response.topics.append(entry)
        }
        return response
    }
}
