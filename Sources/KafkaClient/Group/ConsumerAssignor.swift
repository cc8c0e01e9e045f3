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
    /// The version of the embedded messages that Java 4.3 writes.
    private static let version: Int16 = 3

    /// What a member tells of itself with this assignor, byte for byte as Java's consumer does.
    ///
    /// - Parameters:
    ///   - owned: what the member keeps through the round, sorted; empty for assignors that give everything up.
    ///   - generation: under which it was held, -1 when under none.
    package func offer(topics: [String], owned: [TopicPartition], generation: Int32, rack: String) -> GroupProtocol {
        var subscription = ConsumerProtocolSubscription()
        subscription.topics = topics
        subscription.rackId = rack.isEmpty ? nil : rack
        switch self {
        case .range:
            subscription.generationId = -1
        case .cooperativeSticky:
            subscription.generationId = generation
            subscription.userData = withUnsafeBytes(of: generation.bigEndian) { Array($0) }
        }
        subscription.ownedPartitions = Self.byTopic(owned).map { topic, partitions in
            var entry = ConsumerProtocolSubscription.TopicPartition()
            entry.topic = topic
            entry.partitions = partitions
            return entry
        }
        return GroupProtocol(name: name, metadata: Self.bytes(subscription))
    }

    /// The partitions in an assignment's bytes, sorted.
    package static func partitions(of assignment: [UInt8]) throws(ProtocolError) -> [TopicPartition] {
        let read = try assignment.withUnsafeBufferPointer { (bytes) throws(ProtocolError) in
            var reader = ByteReader(UnsafeRawBufferPointer(bytes))
            let version = try reader.int16()
            return try ConsumerProtocolAssignment(from: &reader, version: min(max(version, 0), Self.version))
        }
        var partitions: [TopicPartition] = []
        for entry in read.assignedPartitions {
            for partition in entry.partitions where partition >= 0 {
                partitions.append(TopicPartition(entry.topic, partition))
            }
        }
        partitions.sort()
        var unique: [TopicPartition] = []
        for id in partitions where unique.last != id { unique.append(id) }
        return unique
    }

    /// The topics that the members of a group subscribe to, sorted. A member whose bytes cannot be read has none.
    package static func topics(of members: [GroupMember]) -> [String] {
        var topics = members.flatMap { subscription($0.metadata)?.topics ?? [] }
        topics.sort()
        var unique: [String] = []
        for topic in topics where unique.last != topic { unique.append(topic) }
        return unique
    }

    static func subscription(_ metadata: [UInt8]) -> ConsumerProtocolSubscription? {
        metadata.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            do throws(ProtocolError) {
                let version = try reader.int16()
                return try ConsumerProtocolSubscription(from: &reader, version: min(max(version, 0), Self.version))
            } catch {
                return nil
            }
        }
    }

    private static func assignmentBytes(_ partitions: [TopicPartition]) -> [UInt8] {
        var assignment = ConsumerProtocolAssignment()
        assignment.assignedPartitions = byTopic(partitions).map { topic, numbers in
            var entry = ConsumerProtocolAssignment.TopicPartition()
            entry.topic = topic
            entry.partitions = numbers
            return entry
        }
        return bytes(assignment)
    }

    /// The version, then the message: how the consumer protocol frames its bytes.
    private static func bytes(_ message: some KafkaStructure) -> [UInt8] {
        var writer = ByteWriter()
        writer.int16(version)
        do throws(ProtocolError) {
            try message.encode(&writer, version: version)
        } catch {
            // Only a topic name beyond the format's length gets here; such a topic cannot exist.
            return []
        }
        return writer.takeBytes()
    }

    private static func byTopic(_ sorted: [TopicPartition]) -> [(String, [Int32])] {
        var groups: [(String, [Int32])] = []
        for id in sorted {
            if let last = groups.indices.last, groups[last].0 == id.topic {
                groups[last].1.append(id.partition)
            } else {
                groups.append((id.topic, [id.partition]))
            }
        }
        return groups
    }
}

// MARK: - Sharing out

extension ConsumerAssignor {
    /// Shares the partitions of topics (with their counts) out. Every member gets bytes, also one that gets nothing.
    package func assign(members: [GroupMember], topics: [(String, Int)]) -> [GroupAssignment] {
        let subscribers = members.sorted {
            ($0.instanceID == nil ? 1 : 0, $0.instanceID ?? $0.id) < (
                $1.instanceID == nil ? 1 : 0, $1.instanceID ?? $1.id
            )
        }
        var shares = subscribers.map {
            (id: $0.id, topics: Self.subscription($0.metadata)?.topics ?? [], partitions: [TopicPartition]())
        }
        for (topic, count) in topics {
            let takers = shares.indices.filter { shares[$0].topics.contains(topic) }
            guard !takers.isEmpty else { continue }
            var next = 0
            for (number, taker) in takers.enumerated() {
                let share = count / takers.count + (number < count % takers.count ? 1 : 0)
                for partition in next..<next + share {
                    shares[taker].partitions.append(TopicPartition(topic, Int32(partition)))
                }
                next += share
            }
        }
        if isCooperative {
            let owners = members.flatMap { member in
                (Self.subscription(member.metadata)?.ownedPartitions ?? []).flatMap { entry in
                    entry.partitions.map { (TopicPartition(entry.topic, $0), member.id) }
                }
            }
            for at in shares.indices {
                let id = shares[at].id
                shares[at].partitions.removeAll { partition in owners.contains { $0.0 == partition && $0.1 != id } }
            }
        }
        return shares.map { GroupAssignment(memberID: $0.id, bytes: Self.assignmentBytes($0.partitions.sorted())) }
    }
}
