package import ConnectModel
import JSON

/// Checks what a request says about a connector's offsets before anything is changed.
///
/// Source: `SinkUtils.parseSinkConnectorOffsets`, `OffsetUtils.validateFormat`.
package enum OffsetRequestPlan {
    private static let topicKey = "kafka_topic"
    private static let partitionKey = "kafka_partition"
    private static let offsetKey = "kafka_offset"

    /// The changes of a source connector's offsets: maps of primitive values, or null.
    package static func source(_ entries: [OffsetRequest]) throws(ConnectError) -> [OffsetChange] {
        var changes: [OffsetChange] = []
        for entry in entries {
            let partition = entry.partition ?? Array("null".utf8)
            try checkPrimitive(partition)
            if let offset = entry.offset { try checkPrimitive(offset) }
            changes.append(OffsetChange(partition: partition, offset: entry.offset.flatMap(unlessNull)))
        }
        return changes
    }

    /// The changes of a sink connector's committed offsets. Of several for one partition the last one counts.
    package static func sink(_ entries: [OffsetRequest]) throws(ConnectError) -> [GroupOffsetChange] {
        var changes = SortedTable<TopicPartition, GroupOffsetChange>()
        for entry in entries {
            let partition = try sinkPartition(entry.partition)
            changes[partition] = GroupOffsetChange(partition, try sinkOffset(entry.offset))
        }
        return changes.values
    }

    /// A sink's partition and offset as connectors and REST see them.
    package static func change(_ partition: TopicPartition, _ offset: Int64?) -> OffsetChange {
        // The order of Java's map.
        let key: JSONValue = [
            partitionKey: .int64(Int64(partition.partition)), topicKey: .string(partition.topic),
        ]
        let value: JSONValue? = offset.map { [offsetKey: .int64($0)] }
        return OffsetChange(partition: key.serialized(), offset: value?.serialized())
    }

    private static func sinkPartition(_ bytes: [UInt8]?) throws(ConnectError) -> TopicPartition {
        guard let bytes, let object = try parse(bytes).object else {
            throw invalid("The partition for a sink connector offset cannot be null or missing")
        }
        guard let topic = object[topicKey], let partition = object[partitionKey] else {
            throw invalid(
                "The partition for a sink connector offset must contain the keys 'kafka_topic' and 'kafka_partition'")
        }
        guard !topic.isNull else { throw invalid("Kafka topic names must be valid strings and may not be null") }
        guard !partition.isNull else { throw invalid("Kafka partitions must be valid numbers and may not be null") }
        let text = text(partition)
        guard let number = Int32(text) else {
            throw invalid(
                "Failed to parse the following Kafka partition value in the provided offsets: '\(text)'. Partition values "
                    + "for sink connectors need to be integers.")
        }
        guard number >= 0 else { throw invalid("Kafka partitions must not be negative, but one is \(number)") }
        return TopicPartition(topic: self.text(topic), partition: number)
    }

    private static func sinkOffset(_ bytes: [UInt8]?) throws(ConnectError) -> Int64? {
        guard let bytes else { return nil }
        let value = try parse(bytes)
        if value.isNull { return nil }
        guard let offset = value[offsetKey] else {
            throw invalid("The offset for a sink connector should either be null or contain the key 'kafka_offset'")
        }
        let text = text(offset)
        guard let number = Int64(text) else {
            throw invalid(
                "Failed to parse the following Kafka offset value in the provided offsets: '\(text)'. Offset values for "
                    + "sink connectors need to be integers.")
        }
        guard number >= 0 else { throw invalid("Kafka offsets must not be negative, but one is \(number)") }
        return number
    }

    private static func checkPrimitive(_ bytes: [UInt8]) throws(ConnectError) {
        let value = try parse(bytes)
        if value.isNull { return }
        guard let object = value.object else { throw invalid("Partitions and offsets need to be objects or null") }
        for member in object.members {
            let kind: String
            switch member.value {
            case .array: kind = "ARRAY"
            case .object: kind = "MAP"
            case .null, .bool, .number, .string: continue
            }
            throw invalid(
                "Offsets may only contain primitive types as values, but field \(member.key) contains \(kind)")
        }
    }

    private static func unlessNull(_ bytes: [UInt8]) -> [UInt8]? {
        bytes == Array("null".utf8) ? nil : bytes
    }

    private static func parse(_ bytes: [UInt8]) throws(ConnectError) -> JSONValue {
        do {
            return try JSONValue.parse(bytes, limits: .jackson)
        } catch {
            throw invalid("Partitions and offsets need to be JSON: \(error)")
        }
    }

    private static func text(_ value: JSONValue) -> String { value.string ?? value.serializedString() }

    private static func invalid(_ message: String) -> ConnectError { ConnectError(.requestMalformed, message) }
}
