import ConnectABI
import ConnectModel
import JSON

/// A sink connector's offsets as REST writes them: `{"kafka_topic","kafka_partition"}` and `{"kafka_offset"}`.
enum SinkOffsetJSON {
    static func offset(_ change: OffsetChange, _ memory: CMemory) throws(ConnectError) -> kc_topic_offset {
        let partition = try parsed(change.partition)
        guard let topic = partition["kafka_topic"]?.string, let number = partition["kafka_partition"]?.int64,
            let index = Int32(exactly: number)
        else { throw ConnectError(.requestMalformed, "A sink's partition needs kafka_topic and kafka_partition") }
        var offset: Int64?
        if let json = change.offset {
            guard let value = try parsed(json)["kafka_offset"]?.int64 else {
                throw ConnectError(.requestMalformed, "A sink's offset needs kafka_offset")
            }
            offset = value
        }
        return kc_topic_offset(
            topic: memory.string(topic), partition: index, flags: offset == nil ? 0 : UInt32(KC_OFFSET_PRESENT),
            offset: offset ?? 0)
    }

    private static func parsed(_ json: [UInt8]) throws(ConnectError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue.parse(json)
        } catch {
            throw ConnectError(.requestMalformed, "An offset is no JSON: \(error.description)")
        }
    }
}
