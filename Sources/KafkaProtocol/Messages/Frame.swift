/// Whole frames: the size that counts what follows it, header, body.
public enum Frame {
    /// Frames larger than this are not read by default, in bytes: a broker's limit for requests, and more than a fetch answer
    /// of Java's default settings has.
    public static var defaultLimit: Int { 104_857_600 }

    /// A request as stretches of bytes ready to be sent.
    public static func request<R: KafkaRequest>(
        _ request: R, version: Int16, correlationID: Int32, clientID: String?
    ) throws(ProtocolError) -> [FrameSegment] {
        var w = ByteWriter()
        w.int32(0)
        let header = RequestHeader(
            apiKey: R.apiKey, apiVersion: version, correlationID: correlationID, clientID: clientID)
        try header.encode(&w, flexible: R.isFlexible(version))
        try request.encode(&w, version: version)
        return try finish(&w)
    }

    /// An answer as stretches of bytes ready to be sent (broker side).
    public static func response<M: KafkaMessage>(
        _ response: M, version: Int16, correlationID: Int32
    ) throws(ProtocolError) -> [FrameSegment] {
        var w = ByteWriter()
        w.int32(0)
        ResponseHeader(correlationID: correlationID).encode(&w, of: M.self, version: version)
        try response.encode(&w, version: version)
        return try finish(&w)
    }

    /// Reads an answer, header included, from a frame without its size. Records in it refer to places in `frame`.
    public static func readResponse<M: KafkaMessage>(
        _ type: M.Type, version: Int16, from frame: UnsafeRawBufferPointer
    ) throws(ProtocolError) -> (correlationID: Int32, response: M) {
        var r = ByteReader(frame)
        let header = try ResponseHeader(from: &r, of: type, version: version)
        let response = try M(from: &r, version: version)
        return (header.correlationID, response)
    }

    private static func finish(_ w: inout ByteWriter) throws(ProtocolError) -> [FrameSegment] {
        guard let size = Int32(exactly: w.totalCount - 4) else { throw .tooLong(w.totalCount) }
        w.patch(size, at: 0)
        return w.takeSegments()
    }
}
