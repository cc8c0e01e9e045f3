/// The field of a message that holds record batches, which are neither copied in nor out.
public enum RecordsField: Sendable, Equatable {
    /// Null.
    case none
    /// After reading: where the batches lie in the frame that the message was read from (`ByteReader.bytes`).
    case slice(offset: Int, count: Int)
    /// For writing: buffers that stand for one field, in order.
    case gather([FrameSegment])

    /// How many bytes of records there are, 0 for null.
    public var count: Int {
        switch self {
        case .none: 0
        case .slice(_, let count): count
        case .gather(let segments): segments.reduce(0) { $0 + $1.bytes.count }
        }
    }

    /// The bytes of a `slice` in the frame it was read from; nil for null, for buffers to be written, and where the place
    /// is not within `frame`. Valid as long as `frame`.
    public func bytes(in frame: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard case .slice(let offset, let count) = self, offset >= 0, count >= 0, offset <= frame.count,
            count <= frame.count - offset
        else { return nil }
        return UnsafeRawBufferPointer(rebasing: frame[offset..<offset + count])
    }
}
