@testable import KafkaProtocol

/// Every generated message with its versions, by the name of its schema.
enum AllMessages {
    static let withAPI: [any KafkaMessage.Type] = APIDescription.all.flatMap { [$0.request, $0.response] }
    static let embedded: [any EmbeddedMessage.Type] = [
        ConsumerProtocolSubscription.self, ConsumerProtocolAssignment.self,
    ]

    /// The type of this name.
    static func type(named name: String) -> (any KafkaStructure.Type)? {
        withAPI.first { "\($0)" == name } ?? embedded.first { "\($0)" == name }
    }
}

/// Decodes all of `bytes` and encodes the result again.
func recode(_ type: any KafkaStructure.Type, _ bytes: [UInt8], version: Int16) throws(ProtocolError) -> [UInt8] {
    try lend(bytes) { frame throws(ProtocolError) in
        var r = ByteReader(frame)
        let message = try type.init(from: &r, version: version)
        try r.finish()
        var w = ByteWriter()
        try owning(message, frame).encode(&w, version: version)
        return w.takeBytes()
    }
}

/// The message with its records turned from places in the frame into buffers, which is what can be encoded.
private func owning(_ message: any KafkaStructure, _ frame: UnsafeRawBufferPointer) -> any KafkaStructure {
    func gather(_ records: RecordsField) -> RecordsField {
        guard let bytes = records.bytes(in: frame) else { return .none }
        return .gather([FrameSegment(bytes: bytes, owner: nil)])
    }
    if var produce = message as? ProduceRequest {
        for topic in produce.topicData.indices {
            for partition in produce.topicData[topic].partitionData.indices {
                let records = produce.topicData[topic].partitionData[partition].records
                produce.topicData[topic].partitionData[partition].records = gather(records)
            }
        }
        return produce
    }
    if var fetch = message as? FetchResponse {
        for topic in fetch.responses.indices {
            for partition in fetch.responses[topic].partitions.indices {
                let records = fetch.responses[topic].partitions[partition].records
                fetch.responses[topic].partitions[partition].records = gather(records)
            }
        }
        return fetch
    }
    return message
}
