internal import KafkaProtocol

extension MetadataRequest: OldRequest {
    static var oldVersions: ClosedRange<Int16> { 1...7 }

    init(fromOld r: inout ByteReader, version: Int16) throws(ProtocolError) {
        self.init()
        topics = try r.oldArray(leastSize: 2) { (r) throws(ProtocolError) in
            var topic = MetadataRequestTopic()
            topic.name = try r.string(false)
            return topic
        }
        if version >= 4 { allowAutoTopicCreation = try r.bool() }
    }
}

extension MetadataResponse: OldResponse {
    func encodeOld(_ w: inout ByteWriter, version: Int16) throws(ProtocolError) {
        if version >= 3 { w.int32(throttleTimeMs) }
        try w.oldArray(brokers) { (w, node) throws(ProtocolError) in
            w.int32(node.nodeId)
            try w.string(node.host, false)
            w.int32(node.port)
            try w.nullableString(node.rack, false)
        }
        if version >= 2 { try w.nullableString(clusterId, false) }
        w.int32(controllerId)
        try w.oldArray(topics) { (w, topic) throws(ProtocolError) in
            w.int16(topic.errorCode)
            try w.string(topic.name ?? "", false)
            w.bool(topic.isInternal)
            try w.oldArray(topic.partitions) { (w, part) throws(ProtocolError) in
                w.int16(part.errorCode)
                w.int32(part.partitionIndex)
                w.int32(part.leaderId)
                if version >= 7 { w.int32(part.leaderEpoch) }
                w.oldNumbers(part.replicaNodes)
                w.oldNumbers(part.isrNodes)
                if version >= 5 { w.oldNumbers(part.offlineReplicas) }
            }
        }
    }
}

extension ByteWriter {
    fileprivate mutating func oldNumbers(_ numbers: [Int32]) {
        int32(Int32(clamping: numbers.count))
        for number in numbers { int32(number) }
    }
}
