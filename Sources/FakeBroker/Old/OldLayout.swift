internal import KafkaProtocol

// Versions of messages below those that KafkaProtocol has, for clients that are older than Kafka 2.1 or that stay with old
// versions, such as the librdkafka of Debian 12.

/// A request with old layouts.
protocol OldRequest: KafkaRequest {
    static var oldVersions: ClosedRange<Int16> { get }
    init(fromOld r: inout ByteReader, version: Int16) throws(ProtocolError)
}

/// An answer with old layouts, all of which have a header without tags.
protocol OldResponse: KafkaMessage {
    func encodeOld(_ w: inout ByteWriter, version: Int16) throws(ProtocolError)
}

enum OldLayout {
    /// The request, where it has a layout for that version; nil where it has none.
    static func read<Request: KafkaRequest>(
        _ type: Request.Type, _ r: inout ByteReader, version: Int16
    ) throws(ProtocolError) -> Request? {
        guard isKnown(type, version), let old = type as? any OldRequest.Type else { return nil }
        return try old.init(fromOld: &r, version: version) as? Request
    }

    static func isKnown<Request: KafkaRequest>(_ type: Request.Type, _ version: Int16) -> Bool {
        (type as? any OldRequest.Type)?.oldVersions.contains(version) ?? false
    }

    /// The whole answer, where it has a layout for that version; nil where it has none.
    static func frame(_ response: some KafkaMessage, _ pending: Pending) throws(ProtocolError) -> [FrameSegment]? {
        guard let old = response as? any OldResponse else { return nil }
        var body = ByteWriter()
        try old.encodeOld(&body, version: pending.version)
        var head = ByteWriter(capacity: 8)
        head.int32(Int32(clamping: 4 + body.totalCount))
        head.int32(pending.correlationID)
        return head.takeSegments() + body.takeSegments()
    }
}

extension ByteReader {
    /// An array of an old layout, each element of at least `leastSize` bytes; nil for null.
    mutating func oldArray<Element>(
        leastSize: Int, _ element: (inout ByteReader) throws(ProtocolError) -> Element
    ) throws(ProtocolError) -> [Element]? {
        let count = Int(try int32())
        guard count >= 0 else {
            guard count == -1 else { throw .invalidLength(count) }
            return nil
        }
        guard count <= remaining / leastSize else { throw .countTooLarge(count) }
        var elements: [Element] = []
        for _ in 0..<count { elements.append(try element(&self)) }
        return elements
    }
}

extension ByteWriter {
    mutating func oldArray<Element>(
        _ elements: [Element], _ element: (inout ByteWriter, Element) throws(ProtocolError) -> Void
    ) throws(ProtocolError) {
        int32(Int32(clamping: elements.count))
        for each in elements { try element(&self, each) }
    }
}
