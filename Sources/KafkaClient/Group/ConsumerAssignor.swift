package import KafkaProtocol

/// How the leader of a consumer group shares partitions out: one of Java's assignors, with the bytes in which members
/// offer themselves and learn what is theirs (protocol type `consumer`).
package enum ConsumerAssignor: Sendable, Equatable {
    /// Contiguous ranges topic by topic; everything is given up before each round.
    case range
    /// Balanced and with as few moves as possible; partitions are kept through a round and move in the next one.
    case cooperativeSticky

    /// The name on the wire.
    package var name: String {
        switch self {
        case .range: "range"
        case .cooperativeSticky: "cooperative-sticky"
        }
    }

    /// Whether members may keep partitions through a round.
    package var isCooperative: Bool { self == .cooperativeSticky }

    /// The assignor of a name on the wire or a Java class name; nil for others.
    package init?(named name: String) {
        switch name {
        case "range", "org.apache.kafka.clients.consumer.RangeAssignor": self = .range
        case "cooperative-sticky", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor":
            self = .cooperativeSticky
        default: return nil
        }
    }
}

// MARK: - Bytes

extension ConsumerAssignor {
    private var implementation: any Assignor.Type {
        switch self {
        case .range: RangeAssignor.self
        case .cooperativeSticky: CooperativeStickyAssignor.self
        }
    }

    /// What a member tells of itself with this assignor, byte for byte as Java's consumer does.
    ///
    /// - Parameters:
    ///   - owned: what the member keeps through the round; empty for assignors that give everything up.
    ///   - generation: under which it was held, -1 when under none.
    package func offer(topics: [String], owned: [TopicPartition], generation: Int32, rack: String) -> GroupProtocol {
        var subscription = ConsumerProtocol.Subscription(topics: topics)
        subscription.userData = implementation.userData(generation: generation)
        subscription.ownedPartitions = owned.map {
            ConsumerProtocol.Partition(topic: $0.topic, partition: $0.partition)
        }
        subscription.generation = generation
        subscription.rack = rack.isEmpty ? nil : rack
        // Only a topic name beyond the format's length cannot be written, and no such topic exists: then nothing is
        // subscribed to, and the group goes on.
        let bytes = (try? ConsumerProtocol.encode(subscription)) ?? []
        return GroupProtocol(name: name, metadata: bytes)
    }

    /// The partitions in an assignment's bytes, sorted, each once.
    package static func partitions(of assignment: [UInt8]) throws(ProtocolError) -> [TopicPartition] {
        var partitions = try ConsumerProtocol.decodeAssignment(assignment).partitions.map {
            TopicPartition($0.topic, $0.partition)
        }
        partitions.removeAll { $0.partition < 0 }
        partitions.sort()
        var unique: [TopicPartition] = []
        for id in partitions where unique.last != id { unique.append(id) }
        return unique
    }

    /// The topics that the members of a group subscribe to, sorted. A member whose bytes cannot be read has none.
    package static func topics(of members: [GroupMember]) -> [String] {
        ExactName.unique(members.flatMap { subscription($0).topics })
    }

    private static func subscription(_ member: GroupMember) -> ConsumerProtocol.Subscription {
        (try? ConsumerProtocol.decodeSubscription(member.metadata)) ?? ConsumerProtocol.Subscription(topics: [])
    }

    /// Shares the partitions of topics (with their counts) out. Every member gets bytes, also one that gets nothing: Java's
    /// members fail without.
    package func assign(members: [GroupMember], topics: [(String, Int)]) -> [GroupAssignment] {
        let known = members.map {
            ConsumerProtocol.Member(id: $0.id, instanceID: $0.instanceID, subscription: Self.subscription($0))
        }
        var counts: [String: Int32] = [:]
        for (topic, count) in topics { counts[topic] = Int32(clamping: count) }
        return implementation.assign(known, partitionCounts: counts).map { share in
            GroupAssignment(
                memberID: share.memberID, bytes: (try? ConsumerProtocol.encode(assignment: share.partitions)) ?? [])
        }
    }
}
