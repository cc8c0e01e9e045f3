/// The bytes of one received frame, without its size.
///
/// Written by the connection that reads it, before anybody else sees it, and never after: hence it may go to any thread,
/// such as a lane that decompresses records of a fetch answer. The memory is freed with the last reference.
public final class FrameBuffer: @unchecked Sendable {
    // The guard of the unchecked conformance: `base` is constant, and the bytes behind it are written only through
    // `writable`, which the connection uses before it hands the buffer out.
    private let base: UnsafeMutableRawPointer
    /// How many bytes there are.
    public let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(byteCount: max(count, 1), alignment: 16)
    }

    /// A copy of bytes that lie elsewhere.
    convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count)
        writable.copyMemory(from: bytes)
    }

    deinit { base.deallocate() }

    /// All bytes; valid while the object lives.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    var writable: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }
}
