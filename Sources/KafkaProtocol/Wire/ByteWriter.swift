import Glibc

/// Writes Kafka's wire types into one growing buffer, with record bytes beside it.
///
/// Records are referred to, not copied: `takeSegments` returns the frame as a list of stretches for `writev`. A writer
/// belongs to one thread at a time.
public struct ByteWriter: ~Copyable {
    /// From `malloc`, because a frame outlives its writer and grows without being initialised.
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    /// How many bytes lie in the buffer, external ones not counted.
    public private(set) var count: Int
    /// External bytes, each with its place in the buffer.
    private var externals: [(position: Int, segment: FrameSegment)] = []
    private var externalCount = 0

    /// An empty writer with room for `capacity` bytes before it grows.
    public init(capacity: Int = 512) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 1)
        count = 0
    }

    deinit { base.deallocate() }

    /// How many bytes the frame has, external ones included.
    public var totalCount: Int { count + externalCount }

    /// Makes room for `more` bytes; the place where they go.
    @inline(__always)
    private mutating func reserve(_ more: Int) -> UnsafeMutableRawPointer {
        if capacity - count < more { grow(more) }
        return base + count
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let wanted = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 1)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = wanted
    }

    /// A big-endian integer of any width.
    @inline(__always)
    mutating func integer<T: FixedWidthInteger>(_ value: T) {
        reserve(MemoryLayout<T>.size).storeBytes(of: value.bigEndian, as: T.self)
        count += MemoryLayout<T>.size
    }

    /// One byte, 1 or 0.
    public mutating func bool(_ value: Bool) { integer(value ? 1 as UInt8 : 0) }
    /// One byte.
    public mutating func int8(_ value: Int8) { integer(value) }
    /// Two bytes, big-endian, as all of the following.
    public mutating func int16(_ value: Int16) { integer(value) }
    /// Two bytes, unsigned.
    public mutating func uint16(_ value: UInt16) { integer(value) }
    /// Four bytes.
    public mutating func int32(_ value: Int32) { integer(value) }
    /// Four bytes, unsigned.
    public mutating func uint32(_ value: UInt32) { integer(value) }
    /// Eight bytes.
    public mutating func int64(_ value: Int64) { integer(value) }
    /// Eight bytes of IEEE 754.
    public mutating func float64(_ value: Double) { integer(value.bitPattern) }
    /// Sixteen bytes.
    public mutating func uuid(_ value: KafkaUUID) {
        integer(value.high)
        integer(value.low)
    }

    /// An unsigned number of seven bits a byte, low group first.
    public mutating func unsignedVarint(_ value: UInt32) {
        let place = reserve(5)
        count += Varint.write(UInt64(value), to: place)
    }

    /// Bytes as they are.
    public mutating func raw(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
        count += bytes.count
    }

    /// Bytes that are sent from where they lie; `owner` keeps them alive and nobody may change them any more.
    public mutating func appendExternal(_ bytes: UnsafeRawBufferPointer, owner: AnyObject?) {
        guard !bytes.isEmpty else { return }
        externals.append((count, FrameSegment(bytes: bytes, owner: owner)))
        externalCount += bytes.count
    }

    /// Puts an int32 where four bytes were written before, such as the size of a frame.
    mutating func patch(_ value: Int32, at position: Int) {
        guard position >= 0, position <= count - 4 else { return }
        base.storeBytes(of: value.bigEndian, toByteOffset: position, as: Int32.self)
    }

    /// Begins a tag section that `endTag` adds fields to. No schema comes near 128 tags, so the count takes one byte.
    mutating func beginTags() -> Int {
        int8(0)
        return count - 1
    }

    /// Declares the bytes written since `start` to be the payload of a tagged field.
    mutating func endTag(_ number: UInt32, from start: Int, in tags: Int) {
        let size = count - start
        let header = Varint.size(UInt64(number)) + Varint.size(UInt64(size))
        _ = reserve(header)
        let payload = base + start
        memmove(payload + header, payload, size)
        let written = Varint.write(UInt64(number), to: payload)
        _ = Varint.write(UInt64(size), to: payload + written)
        count += header
        base.storeBytes(of: base.load(fromByteOffset: tags, as: UInt8.self) &+ 1, toByteOffset: tags, as: UInt8.self)
    }

    /// A tag section without fields.
    public mutating func noTags() { int8(0) }

    /// The frame as stretches in order, ready for `writev`; the writer is empty afterwards.
    public mutating func takeSegments() -> [FrameSegment] {
        let storage = FrameStorage(base)
        var segments: [FrameSegment] = []
        segments.reserveCapacity(2 * externals.count + 1)
        var start = 0
        for (position, segment) in externals {
            if position > start {
                segments.append(own(start..<position, storage))
                start = position
            }
            segments.append(segment)
        }
        if count > start { segments.append(own(start..<count, storage)) }
        capacity = 64
        base = .allocate(byteCount: capacity, alignment: 1)
        count = 0
        externals = []
        externalCount = 0
        return segments
    }

    private func own(_ range: Range<Int>, _ storage: FrameStorage) -> FrameSegment {
        FrameSegment(bytes: UnsafeRawBufferPointer(start: base + range.lowerBound, count: range.count), owner: storage)
    }

    /// Everything written, external bytes included, as one array; the writer is empty afterwards.
    public mutating func takeBytes() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(totalCount)
        for segment in takeSegments() { bytes.append(contentsOf: segment.bytes) }
        return bytes
    }
}
