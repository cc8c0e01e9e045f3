/// What stands in front of every request.
public struct RequestHeader: Sendable, Equatable {
    /// Which API is called.
    public var apiKey: Int16
    /// The version of the request, which is also that of the answer.
    public var apiVersion: Int16
    /// Comes back in the answer.
    public var correlationID: Int32
    /// The name that the broker logs and applies quotas to.
    public var clientID: String?

    /// Describes one request.
    public init(apiKey: Int16, apiVersion: Int16, correlationID: Int32, clientID: String?) {
        self.apiKey = apiKey
        self.apiVersion = apiVersion
        self.correlationID = correlationID
        self.clientID = clientID
    }

    /// Reads a header (broker side). The API decides whether tags follow, so an unknown one is read without.
    public init(from r: inout ByteReader) throws(ProtocolError) {
        apiKey = try r.int16()
        apiVersion = try r.int16()
        correlationID = try r.int32()
        // The client id has a 16-bit length in every version.
        clientID = try r.nullableString(false)
        if APIDescription.find(apiKey)?.isFlexible(apiVersion) == true { try r.skipTags() }
    }

    /// Writes the header, version 2 (with tags) when `flexible`, else version 1.
    public func encode(_ w: inout ByteWriter, flexible: Bool) throws(ProtocolError) {
        w.int16(apiKey)
        w.int16(apiVersion)
        w.int32(correlationID)
        try w.nullableString(clientID, false)
        if flexible { w.noTags() }
    }
}

/// What stands in front of every answer.
public struct ResponseHeader: Sendable, Equatable {
    /// The number of the request that is answered.
    public var correlationID: Int32

    /// Describes one answer.
    public init(correlationID: Int32) { self.correlationID = correlationID }

    /// 1 (with tags) for flexible versions, else 0. ApiVersions always has 0, because the client does not know yet what the
    /// broker can read.
    public static func version<M: KafkaMessage>(of message: M.Type, _ version: Int16) -> Int16 {
        M.apiKey != ApiVersionsRequest.apiKey && M.isFlexible(version) ? 1 : 0
    }

    /// Reads the header of an answer of type `message`.
    public init<M: KafkaMessage>(from r: inout ByteReader, of message: M.Type, version: Int16) throws(ProtocolError) {
        correlationID = try r.int32()
        if Self.version(of: message, version) == 1 { try r.skipTags() }
    }

    /// Writes the header of an answer of type `message` (broker side).
    public func encode<M: KafkaMessage>(_ w: inout ByteWriter, of message: M.Type, version: Int16) {
        w.int32(correlationID)
        if Self.version(of: message, version) == 1 { w.noTags() }
    }
}
