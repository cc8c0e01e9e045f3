internal import Glibc

/// Builds record batches of format 2, one after the other, for one partition.
///
/// Records are written straight into one growing buffer behind the place of the header, so that an uncompressed batch is
/// sealed without a copy and a compressed one is compressed in one go. An empty builder holds no memory. A builder belongs to
/// one thread at a time (a task's lane); what `seal` returns may move to another.
public final class RecordBatchBuilder {
    /// What every `append` touches. It lies in memory of its own, because access to it through a pointer needs neither
    /// exclusivity checks nor reference counting.
    @usableFromInline
    struct Hot {
        /// Where the next record goes.
        @usableFromInline var cursor: UnsafeMutableRawPointer
        /// How far records may reach without a call to `makeRoom`; equal to `cursor` while the batch is empty, so that the
        /// first record always makes that call.
        @usableFromInline var end: UnsafeMutableRawPointer
        @usableFromInline var baseTimestamp: Int64 = 0
        @usableFromInline var maxTimestamp: Int64 = 0
        @usableFromInline var count: Int64 = 0
    }

    @usableFromInline let hot: UnsafeMutablePointer<Hot>
    private let pool: RecordBufferPool
    private var buffer: RecordBuffer?
    private var lastSize = 0
    /// Batches are full at this size in bytes, header included. It counts before compression; it may be changed between
    /// records (to allow for the ratio that compression reaches), and takes effect with the next batch.
    public var limit: Int

    /// The largest batch there can be: lengths in it are signed 32-bit numbers, and a doubled buffer must still have one.
    public static var largestBatch: Int { 1 << 30 }
    /// What a record takes besides key, value and headers, at most: length, attributes, time and offset, three counts.
    @usableFromInline static var recordOverhead: Int { 32 }
    /// The first batch begins with this many bytes, each further one with the size of the one before; they double as they
    /// fill.
    private static var firstCapacity: Int { 4096 }

    /// A builder of batches of up to `limit` bytes with memory from `pool`.
    public init(pool: RecordBufferPool, limit: Int) {
        self.pool = pool
        self.limit = limit
        hot = .allocate(capacity: 1)
        hot.initialize(to: Hot(cursor: UnsafeMutableRawPointer(hot), end: UnsafeMutableRawPointer(hot)))
    }

    deinit { hot.deallocate() }

    /// How many records the batch under construction has.
    public var recordCount: Int { Int(hot.pointee.count) }

    /// Whether nothing was appended since the last `seal`.
    public var isEmpty: Bool { hot.pointee.count == 0 }

    /// Bytes of the batch so far, header included and before compression; 0 when empty.
    public var estimatedSize: Int {
        guard let buffer else { return 0 }
        return hot.pointee.cursor - buffer.address
    }

    /// Bytes of memory that the batch under construction holds.
    public var capacity: Int { buffer?.capacity ?? 0 }

    /// The most bytes that a record can take in a batch of its own, header of the batch included; what is compared with
    /// `max.request.size`. Counts of -1 (null) are fine.
    public static func sizeBound(keyCount: Int, valueCount: Int, headerBytes: Int = 0) -> Int {
        BatchLayout.records + recordOverhead + max(keyCount, 0) + max(valueCount, 0) + max(headerBytes, 0)
    }

    /// Adds a record without headers; its bytes are copied.
    ///
    /// - Parameters:
    ///   - key: its bytes, `keyCount` of them; a count of -1 means null.
    ///   - value: its bytes, `valueCount` of them; a count of -1 means null.
    ///   - timestamp: milliseconds since 1970, -1 for none.
    /// - Returns: false when the batch is full: seal it and append again. A record above the limit is accepted by an empty
    ///   batch and fills it; only one above `largestBatch`, or one that there is no memory
    ///   for, is refused there.
    @inlinable
    public func append(
        key: UnsafeRawPointer?, keyCount: Int32, value: UnsafeRawPointer?, valueCount: Int32, timestamp: Int64
    ) -> Bool {
        let hot = self.hot
        let keyBytes = key == nil ? 0 : max(Int(keyCount), 0)
        let valueBytes = value == nil ? 0 : max(Int(valueCount), 0)
        let bound = Self.recordOverhead &+ keyBytes &+ valueBytes
        if hot.pointee.end - hot.pointee.cursor < bound {
            guard makeRoom(bound, timestamp: timestamp) else { return false }
        }
        var place = Self.writeStart(
            hot, key: key, keyCount: keyCount < 0 ? -1 : keyBytes, value: value,
            valueCount: valueCount < 0 ? -1 : valueBytes, timestamp: timestamp, headerSize: 1)
        place.storeBytes(of: 0, as: UInt8.self)
        place += 1
        hot.pointee.cursor = place
        return true
    }

    /// Adds a record with headers; as the other `append`.
    public func append(
        key: UnsafeRawPointer?, keyCount: Int32, value: UnsafeRawPointer?, valueCount: Int32, timestamp: Int64,
        headers: UnsafeBufferPointer<RecordHeader>
    ) -> Bool {
        var size = Varint.size(Varint.zigzag(Int64(headers.count)))
        for header in headers { size += header.size }
        guard
            var place = start(
                key: key, keyCount: keyCount, value: value, valueCount: valueCount, timestamp: timestamp,
                headerSize: size)
        else { return false }
        place += Varint.write(Varint.zigzag(Int64(headers.count)), to: place)
        for header in headers {
            Self.write(header.key, Int64(header.key.count), &place)
            Self.write(header.value, Int64(header.value?.count ?? -1), &place)
        }
        hot.pointee.cursor = place
        return true
    }

    /// Adds a record whose headers are already encoded, as `RecordView.headerBytes` has them; as the other `append`.
    public func append(
        key: UnsafeRawPointer?, keyCount: Int32, value: UnsafeRawPointer?, valueCount: Int32, timestamp: Int64,
        headerCount: Int, headerBytes: UnsafeRawBufferPointer
    ) -> Bool {
        let size = Varint.size(Varint.zigzag(Int64(headerCount))) + headerBytes.count
        guard
            var place = start(
                key: key, keyCount: keyCount, value: value, valueCount: valueCount, timestamp: timestamp,
                headerSize: size)
        else { return false }
        place += Varint.write(Varint.zigzag(Int64(headerCount)), to: place)
        if let source = headerBytes.baseAddress { memcpy(place, source, headerBytes.count) }
        hot.pointee.cursor = place + headerBytes.count
        return true
    }

    /// Ends the batch: a batch without producer id whose checksum is set, or nil when nothing was appended.
    ///
    /// Compression happens here, on the calling thread, into memory of the same pool; what was built goes back to it. The
    /// builder is empty afterwards and can be used again at once. Throws `compressionFailed` when the codec refuses, which
    /// leaves the batch as it was.
    public func seal(_ compressor: Compressor? = nil) throws(ProtocolError) -> RecordBatch? {
        guard let plain = buffer, hot.pointee.count > 0 else { return nil }
        plain.count = hot.pointee.cursor - plain.address
        lastSize = plain.count
        var sealed = plain
        var codec = CompressionCodec.none
        if let compressor, compressor.codec != .none {
            codec = compressor.codec
            let records = UnsafeRawBufferPointer(rebasing: plain.bytes[BatchLayout.records...])
            sealed = try compressor.withCompressed(records) { compressed throws(ProtocolError) in
                let size = BatchLayout.records + compressed.count
                guard let exact = RecordBuffer(pool: pool, capacity: size) else { throw .noMemory(size) }
                exact.count = BatchLayout.records
                exact.append(compressed)
                return exact
            }
        }
        let batch = RecordBatch(
            buffer: sealed, codec: codec, recordCount: Int32(hot.pointee.count),
            baseTimestamp: hot.pointee.baseTimestamp, maxTimestamp: hot.pointee.maxTimestamp)
        discard()
        return batch
    }

    /// Drops what was appended since the last `seal`.
    public func discard() {
        buffer = nil
        hot.pointee = Hot(cursor: UnsafeMutableRawPointer(hot), end: UnsafeMutableRawPointer(hot))
    }

    /// Makes sure that `bound` more bytes fit; false when the batch is full.
    @usableFromInline @inline(never)
    func makeRoom(_ bound: Int, timestamp: Int64) -> Bool {
        let used = buffer == nil ? BatchLayout.records : estimatedSize
        guard used + bound <= (buffer == nil ? Self.largestBatch : min(limit, Self.largestBatch)) else { return false }
        if let buffer {
            // Without memory the batch is full, as without room: what it holds is sent, and the next one begins.
            guard buffer.reserve(used + bound) else { return false }
        } else {
            let expected = max(Self.firstCapacity, min(lastSize, limit))
            buffer = RecordBuffer(pool: pool, capacity: max(expected, used + bound))
            if buffer == nil { return false }
            hot.pointee.baseTimestamp = timestamp
            hot.pointee.maxTimestamp = timestamp
        }
        guard let buffer else { return false }
        hot.pointee.cursor = buffer.address + used
        hot.pointee.end = buffer.address + max(min(buffer.capacity, limit), used + bound)
        return true
    }

    private func start(
        key: UnsafeRawPointer?, keyCount: Int32, value: UnsafeRawPointer?, valueCount: Int32, timestamp: Int64,
        headerSize: Int
    ) -> UnsafeMutableRawPointer? {
        let keyBytes = key == nil ? 0 : max(Int(keyCount), 0)
        let valueBytes = value == nil ? 0 : max(Int(valueCount), 0)
        let bound = Self.recordOverhead + keyBytes + valueBytes + headerSize
        if hot.pointee.end - hot.pointee.cursor < bound {
            guard makeRoom(bound, timestamp: timestamp) else { return nil }
        }
        return Self.writeStart(
            hot, key: key, keyCount: keyCount < 0 ? -1 : keyBytes, value: value,
            valueCount: valueCount < 0 ? -1 : valueBytes, timestamp: timestamp, headerSize: headerSize)
    }

    /// Writes a record up to its headers, for which `headerSize` bytes follow, and counts it; room has been made. The place
    /// behind what was written.
    @inlinable @inline(__always)
    static func writeStart(
        _ hot: UnsafeMutablePointer<Hot>, key: UnsafeRawPointer?, keyCount: Int, value: UnsafeRawPointer?,
        valueCount: Int, timestamp: Int64, headerSize: Int
    ) -> UnsafeMutableRawPointer {
        let count = hot.pointee.count
        let time = Varint.zigzag(timestamp &- hot.pointee.baseTimestamp)
        let offset = Varint.zigzag(count)
        let keyLength = Varint.zigzag(Int64(keyCount))
        let valueLength = Varint.zigzag(Int64(valueCount))
        var body = 1 &+ Varint.size(time) &+ Varint.size(offset) &+ headerSize
        body = body &+ Varint.size(keyLength) &+ max(keyCount, 0) &+ Varint.size(valueLength) &+ max(valueCount, 0)
        var place = hot.pointee.cursor
        place += Varint.write(Varint.zigzag(Int64(body)), to: place)
        place.storeBytes(of: 0, as: UInt8.self)
        place += 1
        place += Varint.write(time, to: place)
        place += Varint.write(offset, to: place)
        place += Varint.write(keyLength, to: place)
        if let key, keyCount > 0 {
            place.copyMemory(from: key, byteCount: keyCount)
            place += keyCount
        }
        place += Varint.write(valueLength, to: place)
        if let value, valueCount > 0 {
            place.copyMemory(from: value, byteCount: valueCount)
            place += valueCount
        }
        hot.pointee.count = count &+ 1
        hot.pointee.maxTimestamp = max(hot.pointee.maxTimestamp, timestamp)
        return place
    }

    private static func write(_ bytes: UnsafeRawBufferPointer?, _ length: Int64, _ place: inout UnsafeMutableRawPointer)
    {
        place += Varint.write(Varint.zigzag(length), to: place)
        guard let bytes, let source = bytes.baseAddress else { return }
        memcpy(place, source, bytes.count)
        place += bytes.count
    }
}
