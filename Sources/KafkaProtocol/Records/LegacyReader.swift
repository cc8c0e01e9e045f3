/// Reads one uncompressed message of the formats 0 and 1, or the set inside a compressed one.
struct LegacyReader {
    private let bytes: UnsafeRawBufferPointer
    private let wrapper: RecordBatchInfo
    private var position = 0
    /// What is added to the offsets inside a compressed set of format 1, which count from 0.
    private var offsetShift: Int64 = 0

    /// `message` is the whole message, checked to be as long as its length field says.
    init(
        _ message: UnsafeRawBufferPointer, _ info: RecordBatchInfo, _ decompressor: Decompressor
    ) throws(ProtocolError) {
        wrapper = info
        guard info.codec != .none else {
            bytes = message
            return
        }
        var at = LegacyLayout.key(info.magic)
        _ = try Self.field(message, &at)
        guard let packed = try Self.field(message, &at) else {
            throw .invalidBatch(info.baseOffset, "it is compressed but has no value")
        }
        bytes = try decompressor.decompress(packed, info.codec, ignoringHeaderChecksum: info.magic == 0)
        // The offset outside is the last one inside; in format 0 those inside are absolute already.
        if info.magic == 1, let last = try lastOffset() { offsetShift = info.baseOffset - last }
    }

    private func lastOffset() throws(ProtocolError) -> Int64? {
        var at = 0
        var last: Int64?
        while let message = try RecordBatchInfo(UnsafeRawBufferPointer(rebasing: bytes[at...])) {
            last = message.baseOffset
            at += message.size
        }
        return last
    }

    /// The next message, nil behind the last or where only a part of one is left.
    mutating func next() throws(ProtocolError) -> RecordView? {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
        guard let info = try RecordBatchInfo(rest) else { return nil }
        let offset = info.baseOffset &+ offsetShift
        guard info.magic < 2, info.codec == .none, offset <= wrapper.baseOffset else {
            throw .invalidBatch(wrapper.baseOffset, "it holds what a compressed set cannot hold")
        }
        position += info.size
        let message = UnsafeRawBufferPointer(rebasing: rest[..<info.size])
        var at = LegacyLayout.key(info.magic)
        let key = try Self.field(message, &at)
        let value = try Self.field(message, &at)
        let timestamp = wrapper.isAppendTime ? wrapper.maxTimestamp : info.baseTimestamp
        return RecordView(
            offset: offset, timestamp: timestamp, key: key?.baseAddress,
            value: value?.baseAddress, keyCount: Int32(truncatingIfNeeded: key?.count ?? -1),
            valueCount: Int32(truncatingIfNeeded: value?.count ?? -1),
            headerBytes: UnsafeRawBufferPointer(start: nil, count: 0), headerCount: 0)
    }

    /// Bytes behind a 32-bit length, nil for null.
    private static func field(
        _ message: UnsafeRawBufferPointer, _ at: inout Int
    ) throws(ProtocolError) -> UnsafeRawBufferPointer? {
        guard let start = message.baseAddress, message.count - at >= 4 else { throw .truncated }
        let length = Int(start.loadBig(at, as: Int32.self))
        at += 4
        guard length >= 0 else {
            guard length == -1 else { throw .invalidLength(length) }
            return nil
        }
        guard length <= message.count - at else { throw .truncated }
        let field = UnsafeRawBufferPointer(rebasing: message[at..<at + length])
        at += length
        return field
    }
}
