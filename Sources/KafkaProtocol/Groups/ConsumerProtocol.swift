/// The bytes that members of consumer groups (protocol type `consumer`) send one another through the coordinator.
///
/// Each begins with its version. Versions above ours are read as ours, because they may only add fields; fields missing at
/// the end are taken as absent, because other clients leave them out.
public enum ConsumerProtocol {
    /// The protocol type of JoinGroup.
    public static var protocolType: String { "consumer" }
    /// The version that is written unless another is asked for.
    public static var latestVersion: Int16 { ConsumerProtocolSubscription.versions.upperBound }

    /// What a member is interested in, as bytes for JoinGroup. Topics and owned partitions are put in order.
    public static func encode(
        _ subscription: ConsumerProtocol.Subscription, version: Int16 = latestVersion
    ) throws(ProtocolError) -> [UInt8] {
        var message = ConsumerProtocolSubscription()
        message.topics = subscription.topics.sorted()
        message.userData = subscription.userData
        message.generationId = subscription.generation
        message.rackId = subscription.rack
        for (topic, partitions) in subscription.ownedPartitions.groupedByTopic() {
            var owned = ConsumerProtocolSubscription.TopicPartition()
            owned.topic = topic
            owned.partitions = partitions
            message.ownedPartitions.append(owned)
        }
        return try write(message, version)
    }

    /// What a member gets, as bytes for SyncGroup.
    public static func encode(
        assignment: [ConsumerProtocol.Partition], userData: [UInt8]? = nil, version: Int16 = latestVersion
    ) throws(ProtocolError) -> [UInt8] {
        var message = ConsumerProtocolAssignment()
        message.userData = userData
        for (topic, partitions) in assignment.groupedByTopic() {
            var assigned = ConsumerProtocolAssignment.TopicPartition()
            assigned.topic = topic
            assigned.partitions = partitions
            message.assignedPartitions.append(assigned)
        }
        return try write(message, version)
    }

    /// Reads the metadata of a member in a JoinGroup answer.
    public static func decodeSubscription(_ bytes: [UInt8]) throws(ProtocolError) -> ConsumerProtocol.Subscription {
        let message: ConsumerProtocolSubscription = try read(bytes)
        var subscription = ConsumerProtocol.Subscription(topics: message.topics)
        subscription.userData = message.userData
        subscription.generation = message.generationId
        subscription.rack = message.rackId
        subscription.ownedPartitions = message.ownedPartitions.flatMap { owned in
            owned.partitions.map { ConsumerProtocol.Partition(topic: owned.topic, partition: $0) }
        }
        return subscription
    }

    /// Reads the assignment in a SyncGroup answer. No bytes at all are an error, as in Java.
    public static func decodeAssignment(
        _ bytes: [UInt8]
    ) throws(ProtocolError) -> (partitions: [ConsumerProtocol.Partition], userData: [UInt8]?) {
        let message: ConsumerProtocolAssignment = try read(bytes)
        let partitions = message.assignedPartitions.flatMap { assigned in
            assigned.partitions.map { ConsumerProtocol.Partition(topic: assigned.topic, partition: $0) }
        }
        return (partitions, message.userData)
    }

    private static func write<M: EmbeddedMessage>(_ message: M, _ version: Int16) throws(ProtocolError) -> [UInt8] {
        var w = ByteWriter()
        w.int16(version)
        try message.encode(&w, version: version)
        return w.takeBytes()
    }

    private static func read<M: EmbeddedMessage>(_ bytes: [UInt8]) throws(ProtocolError) -> M {
        try bytes.withUnsafeBufferPointer { bytes throws(ProtocolError) in
            var r = ByteReader(UnsafeRawBufferPointer(bytes))
            let version = try r.int16()
            return try M(from: &r, version: min(version, M.versions.upperBound))
        }
    }
}
