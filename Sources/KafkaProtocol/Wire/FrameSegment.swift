/// A stretch of bytes to be sent, with what keeps them alive.
///
/// The unchecked conformance is sound because the bytes behind a segment are written before it is made and never after, and
/// because `owner` is only held, not used: it may be released on any thread.
public struct FrameSegment: @unchecked Sendable {
    /// The bytes; valid while `owner` lives.
    public let bytes: UnsafeRawBufferPointer
    /// Frees the bytes when it goes; nil where they are known to outlive every segment.
    public let owner: AnyObject?

    /// Describes bytes that `owner` keeps alive and that nobody changes any more.
    public init(bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
        self.bytes = bytes
        self.owner = owner
    }
}

extension FrameSegment: Equatable {
    /// Two segments are equal when they describe the same place in memory.
    public static func == (left: FrameSegment, right: FrameSegment) -> Bool {
        left.bytes.baseAddress == right.bytes.baseAddress && left.bytes.count == right.bytes.count
    }
}

/// Owns memory from `malloc` that a finished frame lies in.
final class FrameStorage {
    private let address: UnsafeMutableRawPointer

    /// Takes the memory over.
    init(_ address: UnsafeMutableRawPointer) { self.address = address }

    deinit { address.deallocate() }
}
