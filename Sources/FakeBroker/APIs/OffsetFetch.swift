internal import KafkaProtocol

/// OffsetFetch (9): of one group in old versions, of several since version 8.
enum OffsetFetchAPI: BrokerAPI {
    private typealias Group = OffsetFetchResponse.OffsetFetchResponseGroup

    static let leastAnnounced: Int16? = 1
    static let namesTopics = true

    static func answer(_ request: OffsetFetchRequest, _ call: Call, _ broker: inout Broker) {
        var found: [Group] = []
        for asked in grouped(request, call.version).unique(by: \.groupId) {
            found.append(find(asked, call, &broker))
        }
        broker.reply(response(found, call.version), to: call.pending)
    }

    static func refusal(_ request: OffsetFetchRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> OffsetFetchResponse
    {
        let failed = grouped(request, version).map { asked in
            var group = Group()
            group.groupId = asked.groupId
            group.errorCode = code
            return group
        }
        return response(failed, version)
    }

    static func topics(of request: OffsetFetchRequest, _ broker: Broker) -> [String] {
        let named = request.groups.flatMap { $0.topics ?? [] }
        return (request.topics ?? []).map(\.name)
            + named.compactMap { broker.topics.find($0.name, $0.topicId)?.name ?? $0.name }
    }

    private static func find(
        _ asked: OffsetFetchRequest.OffsetFetchRequestGroup, _ call: Call, _ broker: inout Broker
    ) -> Group {
        var group = Group()
        group.groupId = asked.groupId
        var unknown: [OffsetFetchResponse.OffsetFetchResponseTopics] = []
        var known = asked
        known.topics = asked.topics.map { topics in
            topics.compactMap { topic in
                guard topic.topicId != .zero else { return topic }
                guard let entry = broker.topics[topic.topicId] else {
                    unknown.append(failed(topic, ErrorCode.unknownTopicId.rawValue))
                    return nil
                }
                var named = topic
                named.name = entry.name
                return named
            }
        }
        var single = OffsetFetchRequest()
        single.groups = [known]
        let reply = broker.askNow(asked.groupId, call.pending.ticket) { group, _ in
            group.fetch(single, ticket: call.pending.ticket)
        }
        if case .fetch(let response) = reply {
            group.topics = response.groups.first?.topics ?? []
        } else {
            // A group that never was has committed nothing.
            group.topics = (known.topics ?? []).map { failed($0, 0) }
        }
        for at in group.topics.indices {
            group.topics[at].topicId = broker.topics[group.topics[at].name]?.id ?? .zero
        }
        group.topics += unknown
        return group
    }

    private static func failed(
        _ topic: OffsetFetchRequest.OffsetFetchRequestTopics, _ code: Int16
    ) -> OffsetFetchResponse.OffsetFetchResponseTopics {
        var entry = OffsetFetchResponse.OffsetFetchResponseTopics()
        (entry.name, entry.topicId) = (topic.name, topic.topicId)
        entry.partitions = topic.partitionIndexes.map { index in
            var place = OffsetFetchResponse.OffsetFetchResponsePartitions()
            place.partitionIndex = index
            place.committedOffset = -1
            place.errorCode = code
            return place
        }
        return entry
    }

    /// The request in the shape of new versions.
    private static func grouped(
        _ request: OffsetFetchRequest, _ version: Int16
    ) -> [OffsetFetchRequest.OffsetFetchRequestGroup] {
        guard version < 8 else { return request.groups }
        var group = OffsetFetchRequest.OffsetFetchRequestGroup()
        group.groupId = request.groupId
        group.topics = request.topics.map { topics in
            topics.map { topic in
                var entry = OffsetFetchRequest.OffsetFetchRequestTopics()
                entry.name = topic.name
                entry.partitionIndexes = topic.partitionIndexes
                return entry
            }
        }
        return [group]
    }

    /// The answer in the shape of the version.
    private static func response(_ groups: [Group], _ version: Int16) -> OffsetFetchResponse {
        var response = OffsetFetchResponse()
        guard version < 8 else {
            response.groups = groups
            return response
        }
        response.errorCode = groups.first?.errorCode ?? 0
        response.topics = (groups.first?.topics ?? []).map { topic in
            var entry = OffsetFetchResponse.OffsetFetchResponseTopic()
            entry.name = topic.name
            entry.partitions = topic.partitions.map { part in
                var place = OffsetFetchResponse.OffsetFetchResponsePartition()
                place.partitionIndex = part.partitionIndex
                place.committedOffset = part.committedOffset
                place.committedLeaderEpoch = part.committedLeaderEpoch
                place.metadata = part.metadata
                place.errorCode = part.errorCode
                return place
            }
            return entry
        }
        return response
    }
}
