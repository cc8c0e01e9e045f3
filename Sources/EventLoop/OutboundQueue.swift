import Glibc

/// Bytes to write, and what keeps them alive until they are written.
public struct OutboundSegment {
    /// Must not change or go away while ``owner`` lives.
    public var bytes: UnsafeRawBufferPointer
    /// Released, on the loop, once the bytes are written or the connection is closed.
    public var owner: AnyObject?

    /// Bytes that `owner` keeps alive.
    public init(bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
        self.bytes = bytes
        self.owner = owner
    }

    /// A copy of `bytes`, for messages that are small or rare.
    public init(copying bytes: some Collection<UInt8>) {
        let copy = OwnedBytes(bytes)
        self.init(bytes: copy.bytes, owner: copy)
    }
}

private final class OwnedBytes {
    let bytes: UnsafeRawBufferPointer

    init(_ source: some Collection<UInt8>) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, source.count), alignment: 1)
        buffer.copyBytes(from: source)
        bytes = UnsafeRawBufferPointer(rebasing: buffer[..<source.count])
    }

    deinit { bytes.deallocate() }
}

/// The segments that a connection has still to write, in order.
struct OutboundQueue {
    private var segments: [OutboundSegment] = []
    private var head = 0
    /// How much of the first segment is written.
    private var headOffset = 0
    /// Bytes not yet written.
    private(set) var byteCount = 0

    var isEmpty: Bool { byteCount == 0 }

    mutating func append(_ segment: OutboundSegment) {
        guard !segment.bytes.isEmpty else { return }
        segments.append(segment)
        byteCount += segment.bytes.count
    }

    /// Fills `vectors` from the front of the queue and returns how many are used.
    func fill(_ vectors: UnsafeMutableBufferPointer<iovec>) -> Int {
        var used = 0
        var offset = headOffset
        for segment in segments[head...].prefix(vectors.count) {
            let rest = UnsafeRawBufferPointer(rebasing: segment.bytes[offset...])
            vectors[used] = iovec(iov_base: UnsafeMutableRawPointer(mutating: rest.baseAddress), iov_len: rest.count)
            used += 1
            offset = 0
        }
        return used
    }

    /// Takes `count` written bytes, at most ``byteCount``, off the front.
    mutating func consume(_ count: Int) {
        byteCount -= count
        var rest = count + headOffset
        while head < segments.count, rest >= segments[head].bytes.count {
            rest -= segments[head].bytes.count
            segments[head].owner = nil
            head += 1
        }
        headOffset = rest
        if head == segments.count {
            segments.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 64, head * 2 >= segments.count {
            segments.removeFirst(head)
            head = 0
        }
    }

    mutating func removeAll() { self = OutboundQueue() }
}
