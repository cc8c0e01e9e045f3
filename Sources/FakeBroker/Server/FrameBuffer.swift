/// The bytes that a client has sent and that were not dealt with yet, cut into frames.
///
/// Memory grows with the bytes that have come, never with what a length announces. Confined to its connection.
final class FrameBuffer {
    /// What the bytes at the front are.
    enum Next {
        /// More are needed.
        case incomplete
        /// A whole request, without its length; borrowed until the next call of this buffer.
        case frame(UnsafeRawBufferPointer)
        /// A length that no request may have.
        case badLength(Int)
    }

    /// At least so much room is offered for reading.
    private static let leastRoom = 16 << 10
    /// An empty buffer keeps no more than this.
    private static let keptCapacity = 256 << 10
    /// API, version, correlation id, and the length of a client id.
    private static let leastFrame = 10

    private let maximum: Int
    private var memory: UnsafeMutableRawBufferPointer
    /// Bytes from `start` to `end` are there.
    private var start = 0
    private var end = 0

    /// - Parameter maximum: bytes of a frame at most.
    init(maximum: Int) {
        self.maximum = maximum
        memory = .allocate(byteCount: Self.leastRoom, alignment: 8)
    }

    deinit { memory.deallocate() }

    /// How many bytes are there.
    var count: Int { end - start }

    /// Where the next bytes go; never empty.
    func room() -> UnsafeMutableRawBufferPointer {
        if start == end, memory.count > Self.keptCapacity { replace(capacity: Self.leastRoom) }
        if memory.count - end < Self.leastRoom / 2 {
            // To the front, into twice the memory where it is more than half full.
            replace(capacity: count > memory.count / 2 ? memory.count * 2 : memory.count)
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[end...])
    }

    /// So many bytes were put where ``room()`` said.
    func add(_ count: Int) { end = min(end + max(count, 0), memory.count) }

    /// Takes the next frame off the front.
    func next() -> Next {
        guard count >= 4 else { return .incomplete }
        let length = Int(Int32(bigEndian: memory.loadUnaligned(fromByteOffset: start, as: Int32.self)))
        guard length >= Self.leastFrame, length <= maximum else { return .badLength(length) }
        guard count >= 4 + length else { return .incomplete }
        let frame = memory[(start + 4)..<(start + 4 + length)]
        start += 4 + length
        return .frame(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[frame.indices]))
    }

    private func replace(capacity: Int) {
        let moved = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
        moved.copyMemory(from: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(memory)[start..<end]))
        memory.deallocate()
        memory = moved
        (start, end) = (0, count)
    }
}
