internal import CZlib

/// Walks record batches, such as the records of one partition in a fetch answer.
///
/// ```
/// var reader = RecordBatchReader(bytes, from: position, decompressor: decompressor)
/// while let batch = try reader.nextBatch() {
///     if !batch.isControl {
///         while let record = try reader.next() { … }
///     }
///     position = batch.nextOffset
/// }
/// ```
/// Nothing is allocated per record: views point into the given bytes or into the decompressor's output. A batch is
/// decompressed when its first record is asked for, so that batches can be passed over cheaply. What the bytes say is checked
/// before it is used, whoever sent them. Keep a reader in a local variable: as a property of a class it costs exclusivity
/// checks per record.
public struct RecordBatchReader {
    private let bytes: UnsafeRawBufferPointer
    private let decompressor: Decompressor
    private let checksChecksums: Bool
    @usableFromInline private(set) var firstOffset: Int64
    /// How many of the bytes were walked; what is left when `nextBatch` returns nil is a part of a batch.
    public private(set) var position = 0
    private var batch: RecordBatchInfo?
    private var payload = UnsafeRawBufferPointer(start: nil, count: 0)

    // The records of the current batch that are still to come.
    @usableFromInline var isOpen = false
    @usableFromInline var left: Int32 = 0
    @usableFromInline var place: UnsafeRawPointer
    @usableFromInline var end: UnsafeRawPointer
    @usableFromInline var baseOffset: Int64 = 0
    @usableFromInline var baseTimestamp: Int64 = 0
    /// All ones where every record has the broker's time, `baseTimestamp`; else 0.
    @usableFromInline var timestampMask: Int64 = 0

    /// The fewest bytes that a record can take: length, attributes, time, offset, null key, null value, no headers.
    private static var leastRecord: Int { 7 }

    /// - Parameters:
    ///   - bytes: batches one after the other, the last of which may be cut short; they must outlive the reader and its views.
    ///   - offset: records below are passed over: a broker sends whole batches, which may begin before what was asked for.
    ///   - decompressor: used for compressed batches; its output holds their records.
    ///   - checksums: whether the checksum of each batch is compared (`check.crcs`).
    public init(
        _ bytes: UnsafeRawBufferPointer, from offset: Int64 = 0, decompressor: Decompressor, checksums: Bool = true
    ) {
        self.bytes = bytes
        self.decompressor = decompressor
        firstOffset = offset
        checksChecksums = checksums
        // Any address will do: as long as no batch is open, nothing lies between the two.
        place = UnsafeRawPointer(decompressor.output.address)
        end = place
    }

    /// The next batch that has a record at or behind the asked offset, nil at the end or where only a part of one is left.
    ///
    /// Records of the batch before that were not asked for are passed over. Batches without records are returned too: their
    /// `nextOffset` counts.
    public mutating func nextBatch() throws(ProtocolError) -> RecordBatchInfo? {
        left = 0
        isOpen = false
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            guard let batch = try RecordBatchInfo(rest) else { return nil }
            payload = UnsafeRawBufferPointer(rebasing: rest[..<batch.size])
            position += batch.size
            if batch.lastOffset < firstOffset { continue }
            if checksChecksums { try check(batch) }
            self.batch = batch
            left = batch.magic == 2 ? batch.recordCount : Int32.max
            return batch
        }
    }

    /// Passes over the records below an offset that are still to come, and over batches without others.
    public mutating func pass(to offset: Int64) {
        firstOffset = max(firstOffset, offset)
    }

    /// The next record of the current batch, nil behind its last.
    @inlinable
    public mutating func next() throws(ProtocolError) -> RecordView? {
        while left > 0 {
            if !isOpen {
                guard try open() else { return try nextLegacy() }
            }
            left &-= 1
            var at = place
            guard let length = Self.count(&at, end), length <= end - at else { throw damaged("a record's length") }
            let recordEnd = at + length
            place = recordEnd
            // The attributes of a record have no meaning yet.
            at += 1
            guard at <= recordEnd, let time = Varint.read(&at, recordEnd), let delta = Varint.read(&at, recordEnd),
                delta <= UInt32.max
            else { throw damaged("a record's time or offset") }
            var keyCount: Int32 = -1
            var valueCount: Int32 = -1
            guard let key = Self.bytes(&at, recordEnd, &keyCount), let value = Self.bytes(&at, recordEnd, &valueCount),
                let headerCount = Self.count(&at, recordEnd), headerCount <= recordEnd - at,
                headerCount > 0 || at == recordEnd
            else { throw damaged("a record's fields") }
            let offset = baseOffset &+ Varint.unzigzag(delta)
            if offset < firstOffset { continue }
            return RecordView(
                offset: offset, timestamp: baseTimestamp &+ (Varint.unzigzag(time) & ~timestampMask),
                key: keyCount < 0 ? nil : key, value: valueCount < 0 ? nil : value, keyCount: keyCount,
                valueCount: valueCount, headerBytes: UnsafeRawBufferPointer(start: at, count: recordEnd - at),
                headerCount: Int32(truncatingIfNeeded: headerCount))
        }
        if isOpen, place != end { throw damaged("what follows its last record") }
        return nil
    }

    /// A length or count that is not negative.
    @inlinable @inline(__always)
    static func count(_ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> Int? {
        guard let number = Varint.read(&at, end), number & 1 == 0, number <= UInt32.max else { return nil }
        return Int(truncatingIfNeeded: number &>> 1)
    }

    /// A key or value: where it is, and its length in `count`, -1 for null; nil where it does not fit.
    @inlinable @inline(__always)
    static func bytes(
        _ at: inout UnsafeRawPointer, _ end: UnsafeRawPointer, _ count: inout Int32
    ) -> UnsafeRawPointer? {
        guard let number = Varint.read(&at, end), number <= UInt32.max else { return nil }
        let length = Int(truncatingIfNeeded: Varint.unzigzag(number))
        let start = at
        if length >= 0 {
            guard length <= end - at else { return nil }
            at += length
        } else if length != -1 {
            return nil
        }
        count = Int32(truncatingIfNeeded: length)
        return start
    }

    @usableFromInline @inline(never)
    func damaged(_ what: String) -> ProtocolError {
        .invalidBatch(batch?.baseOffset ?? -1, "\(what) cannot be read")
    }

    private func check(_ batch: RecordBatchInfo) throws(ProtocolError) {
        guard let start = payload.baseAddress else { return }
        if batch.magic == 2 {
            let covered = UnsafeRawBufferPointer(rebasing: payload[BatchLayout.attributes...])
            guard start.loadBig(BatchLayout.checksum, as: UInt32.self) == CRC32C.checksum(covered) else {
                throw .checksumMismatch(batch.baseOffset)
            }
        } else {
            let covered = UnsafeRawBufferPointer(rebasing: payload[LegacyLayout.magic...])
            let found = crc32(0, covered.assumingMemoryBound(to: UInt8.self).baseAddress, UInt32(covered.count))
            guard UInt(start.loadBig(LegacyLayout.checksum, as: UInt32.self)) == found else {
                throw .checksumMismatch(batch.baseOffset)
            }
        }
    }

    /// Prepares the records of the current batch; false where they are of an old format.
    @usableFromInline @inline(never)
    mutating func open() throws(ProtocolError) -> Bool {
        guard let batch else { return true }
        if batch.magic < 2 {
            try openLegacy(batch)
            return false
        }
        let packed = UnsafeRawBufferPointer(rebasing: payload[BatchLayout.records...])
        let records = try decompressor.decompress(packed, batch.codec)
        guard Int(left) <= records.count / Self.leastRecord else {
            throw .invalidBatch(batch.baseOffset, "it cannot hold \(left) records")
        }
        place = records.baseAddress ?? place
        end = place + records.count
        baseOffset = batch.baseOffset
        baseTimestamp = batch.isAppendTime ? batch.maxTimestamp : batch.baseTimestamp
        timestampMask = batch.isAppendTime ? -1 : 0
        isOpen = true
        return true
    }

    // MARK: formats 0 and 1

    private var legacy: LegacyReader?

    private mutating func openLegacy(_ batch: RecordBatchInfo) throws(ProtocolError) {
        if legacy == nil { legacy = try LegacyReader(payload, batch, decompressor) }
    }

    @usableFromInline @inline(never)
    mutating func nextLegacy() throws(ProtocolError) -> RecordView? {
        while let record = try legacy?.next() {
            if record.offset >= firstOffset { return record }
        }
        legacy = nil
        left = 0
        return nil
    }
}
