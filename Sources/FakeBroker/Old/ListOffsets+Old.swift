internal import KafkaProtocol

extension ListOffsetsRequest: OldRequest {
    static var oldVersions: ClosedRange<Int16> { 1...3 }

    init(fromOld r: inout ByteReader, version: Int16) throws(ProtocolError) {
        self.init()
        replicaId = try r.int32()
        if version >= 2 { isolationLevel = try r.int8() }
        topics =
            try r.oldArray(leastSize: 6) { (r) throws(ProtocolError) in
                var topic = ListOffsetsTopic()
                topic.name = try r.string(false)
                topic.partitions =
                    try r.oldArray(leastSize: 12) { (r) throws(ProtocolError) in
                        var part = ListOffsetsPartition()
                        part.partitionIndex = try r.int32()
                        part.timestamp = try r.int64()
                        return part
                    } ?? []
                return topic
            } ?? []
    }
}

extension ListOffsetsResponse: OldResponse {
    func encodeOld(_ w: inout ByteWriter, version: Int16) throws(ProtocolError) {
        if version >= 2 { w.int32(throttleTimeMs) }
        try w.oldArray(topics) { (w, topic) throws(ProtocolError) in
            try w.string(topic.name, false)
            try w.oldArray(topic.partitions) { (w, part) throws(ProtocolError) in
                w.int32(part.partitionIndex)
                w.int16(part.errorCode)
                w.int64(part.timestamp)
                w.int64(part.offset)
            }
        }
    }
}
