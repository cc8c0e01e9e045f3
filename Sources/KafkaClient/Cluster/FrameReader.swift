internal import KafkaProtocol

/// Cuts what arrives on a connection into frames.
///
/// Small frames are lent from one staging buffer; a frame that does not fit the rest of it gets a buffer of its own, of its
/// exact size, into which the socket is read directly. Sizes are checked before anything is allocated.
struct FrameReader: ~Copyable {
    /// What the peer sent instead of a frame.
    struct BadSize: Error, Equatable {
        let size: Int32
    }

    private static let stagingSize = 65_536

    private let staging: UnsafeMutableRawBufferPointer
    private let limit: Int
    private var start = 0
    private var end = 0
    private var large: FrameBuffer?
    private var largeFilled = 0

    init(limit: Int) {
        self.limit = limit
        staging = .allocate(byteCount: Self.stagingSize, alignment: 16)
    }

    deinit { staging.deallocate() }

    /// Where the next bytes go; never empty.
    mutating func readBuffer() -> UnsafeMutableRawBufferPointer {
        if let large { return UnsafeMutableRawBufferPointer(rebasing: large.writable[largeFilled...]) }
        return UnsafeMutableRawBufferPointer(rebasing: staging[end...])
    }

    /// So many bytes were put into the read buffer.
    mutating func advance(_ count: Int) {
        if large != nil { largeFilled += count } else { end += count }
    }

    /// The next whole frame, nil when more bytes are needed. What is lent is valid until the next call of any method.
    mutating func next() throws(BadSize) -> (bytes: UnsafeRawBufferPointer, owner: FrameBuffer?)? {
        if let frame = large {
            guard largeFilled == frame.count else { return nil }
            large = nil
            return (frame.bytes, frame)
        }
        guard end - start >= 4 else {
            compact()
            return nil
        }
        let size = Int32(bigEndian: staging.loadUnaligned(fromByteOffset: start, as: Int32.self))
        guard size > 0, size <= limit else { throw BadSize(size: size) }
        let count = Int(size)
        let available = end - start - 4
        if available >= count {
            let bytes = UnsafeRawBufferPointer(rebasing: staging[start + 4..<start + 4 + count])
            start += 4 + count
            return (bytes, nil)
        }
        if count + 4 > Self.stagingSize / 2 {
            let frame = FrameBuffer(count: count)
            frame.writable.copyMemory(from: UnsafeRawBufferPointer(rebasing: staging[start + 4..<end]))
            largeFilled = available
            large = frame
            start = 0
            end = 0
        } else {
            compact()
        }
        return nil
    }

    /// Moves what is left to the front, so that the read buffer has room.
    private mutating func compact() {
        guard start > 0 else { return }
        if end > start { staging.copyMemory(from: UnsafeRawBufferPointer(rebasing: staging[start..<end])) }
        end -= start
        start = 0
    }
}
