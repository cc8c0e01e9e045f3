internal import CLZ4
internal import CSnappy
internal import CZlib
internal import CZstd

/// Decompresses what any client of Kafka may have written into a batch.
///
/// The result lies in `output`, which the next call overwrites: who wants to keep it takes the buffer and puts another in its
/// place. The codec's state is made at the first use and kept. A decompressor belongs to one thread at a time.
public final class Decompressor {
    /// Where decompressed bytes go.
    public var output: RecordBuffer
    /// A payload that decompresses to more bytes than this is refused: no format but snappy tells its size beforehand.
    public var limit: Int
    private var inflater: UnsafeMutablePointer<z_stream>?
    private var zstd: OpaquePointer?
    private var lz4: OpaquePointer?

    /// The limit unless another is given: more than a broker accepts in a batch by far.
    public static var defaultLimit: Int { 256 << 20 }
    /// `output` begins with this many bytes.
    private static var firstCapacity: Int { 64 << 10 }
    /// `trim` lets memory beyond this go.
    private static var keptCapacity: Int { 4 << 20 }
    private let pool: RecordBufferPool

    /// A decompressor that writes into memory of `pool`.
    public init(pool: RecordBufferPool, limit: Int = Decompressor.defaultLimit) {
        self.pool = pool
        output = RecordBuffer(pool: pool, small: Self.firstCapacity)
        self.limit = limit
    }

    deinit {
        if let inflater {
            inflateEnd(inflater)
            inflater.deallocate()
        }
        if let zstd { ZSTD_freeDCtx(zstd) }
        if let lz4 { LZ4F_freeDecompressionContext(lz4) }
    }

    /// Gives up the memory that one uncommonly large batch has taken. What was decompressed is gone then.
    public func trim() {
        guard output.capacity > Self.keptCapacity else { return }
        output = RecordBuffer(pool: pool, small: Self.firstCapacity)
    }

    /// Decompresses `payload` into `output`; the result is valid until the next call or until `output` goes.
    ///
    /// - Parameter ignoringHeaderChecksum: for lz4 in messages of format 0, whose producers computed the checksum of the
    ///   frame header over the wrong bytes.
    public func decompress(
        _ payload: UnsafeRawBufferPointer, _ codec: CompressionCodec, ignoringHeaderChecksum: Bool = false
    ) throws(ProtocolError) -> UnsafeRawBufferPointer {
        output.count = 0
        switch codec {
        case .none: return payload
        case .gzip: try gunzip(payload)
        case .snappy: try unsnappy(payload)
        case .lz4: try unlz4(payload, ignoringHeaderChecksum)
        case .zstd: try unzstd(payload)
        }
        return output.bytes
    }

    /// Room for more output, at most up to the limit and one byte beyond, so that a payload of exactly the limit can be told
    /// from a longer one.
    private func room(expecting input: Int, _ codec: CompressionCodec) throws(ProtocolError) -> Int {
        if output.count > limit { throw .decompressedTooLarge(limit: limit) }
        if output.count == output.capacity || output.count == 0 {
            let wanted = output.count == 0 ? 4 * input : 2 * output.capacity
            let size = min(max(wanted, output.count + 1), limit + 1)
            guard output.reserve(size) else { throw .noMemory(size) }
        }
        return min(output.capacity, limit + 1) - output.count
    }

    private func finish() throws(ProtocolError) {
        if output.count > limit { throw .decompressedTooLarge(limit: limit) }
    }

    // MARK: gzip

    /// One or several members; what follows them and is none is ignored, as Java does.
    private func gunzip(_ payload: UnsafeRawBufferPointer) throws(ProtocolError) {
        let stream = try inflaterStream()
        guard inflateReset(stream) == Z_OK, let size = UInt32(exactly: payload.count) else {
            throw .decompressionFailed(.gzip)
        }
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: payload.assumingMemoryBound(to: UInt8.self).baseAddress)
        stream.pointee.avail_in = size
        while true {
            let room = UInt32(clamping: try room(expecting: payload.count, .gzip))
            stream.pointee.next_out = (output.address + output.count).assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = room
            let status = inflate(stream, Z_NO_FLUSH)
            output.count += Int(room - stream.pointee.avail_out)
            switch status {
            case Z_STREAM_END:
                guard stream.pointee.avail_in >= 2, let next = stream.pointee.next_in, next[0] == 0x1f,
                    next[1] == 0x8b
                else { return try finish() }
                guard inflateReset(stream) == Z_OK else { throw .decompressionFailed(.gzip) }
            case Z_OK where stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0: continue
            default: throw .decompressionFailed(.gzip)
            }
        }
    }

    private func inflaterStream() throws(ProtocolError) -> UnsafeMutablePointer<z_stream> {
        if let inflater { return inflater }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 bits of window, and 16 more for "gzip only".
        guard inflateInit2_(stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            throw .decompressionFailed(.gzip)
        }
        inflater = stream
        return stream
    }

    // MARK: snappy

    /// The stream of snappy-java, or one bare block as other clients write it.
    private func unsnappy(_ payload: UnsafeRawBufferPointer) throws(ProtocolError) {
        guard let start = payload.baseAddress else { throw .decompressionFailed(.snappy) }
        guard payload.count >= Xerial.headerSize, start.loadBig(0, as: UInt64.self) == Xerial.magic else {
            return try snappyBlock(payload)
        }
        var at = Xerial.headerSize
        while at < payload.count {
            guard payload.count - at >= 4 else { throw .decompressionFailed(.snappy) }
            let length = start.loadBig(at, as: UInt32.self)
            if length == Xerial.firstHalf, payload.count - at >= Xerial.headerSize {
                at += Xerial.headerSize
                continue
            }
            at += 4
            guard Int(length) <= payload.count - at else { throw .decompressionFailed(.snappy) }
            try snappyBlock(UnsafeRawBufferPointer(rebasing: payload[at..<at + Int(length)]))
            at += Int(length)
        }
    }

    private func snappyBlock(_ block: UnsafeRawBufferPointer) throws(ProtocolError) {
        let input = block.assumingMemoryBound(to: CChar.self).baseAddress
        var size = 0
        guard snappy_uncompressed_length(input, block.count, &size) == SNAPPY_OK else {
            throw .decompressionFailed(.snappy)
        }
        guard size <= limit - output.count else { throw .decompressedTooLarge(limit: limit) }
        // A block of snappy cannot expand to more than about 21 times its size; the check comes before the memory.
        guard size / 32 <= block.count else { throw .decompressionFailed(.snappy) }
        guard output.reserve(output.count + size) else { throw .noMemory(output.count + size) }
        let place = (output.address + output.count).assumingMemoryBound(to: CChar.self)
        guard snappy_uncompress(input, block.count, place, &size) == SNAPPY_OK else {
            throw .decompressionFailed(.snappy)
        }
        output.count += size
    }

    // MARK: lz4

    private func unlz4(_ payload: UnsafeRawBufferPointer, _ ignoringHeaderChecksum: Bool) throws(ProtocolError) {
        if lz4 == nil {
            guard LZ4F_isError(LZ4F_createDecompressionContext(&lz4, UInt32(LZ4F_VERSION))) == 0 else {
                throw .decompressionFailed(.lz4)
            }
        }
        LZ4F_resetDecompressionContext(lz4)
        guard let start = payload.baseAddress else { throw .decompressionFailed(.lz4) }
        var at = 0
        if ignoringHeaderChecksum, let header = LZ4Header.repaired(payload) {
            var taken = header.count
            var none = 0
            let status = LZ4F_decompress(lz4, nil, &none, header, &taken, nil)
            guard LZ4F_isError(status) == 0, taken == header.count else { throw .decompressionFailed(.lz4) }
            at = header.count
        }
        while true {
            var written = try room(expecting: payload.count, .lz4)
            var taken = payload.count - at
            let status = LZ4F_decompress(lz4, output.address + output.count, &written, start + at, &taken, nil)
            guard LZ4F_isError(status) == 0 else { throw .decompressionFailed(.lz4) }
            at += taken
            output.count += written
            if status == 0 { return try finish() }
            guard taken > 0 || written > 0 else { throw .decompressionFailed(.lz4) }
        }
    }

    // MARK: zstd

    /// One or several frames.
    private func unzstd(_ payload: UnsafeRawBufferPointer) throws(ProtocolError) {
        let context: OpaquePointer
        if let zstd {
            context = zstd
        } else {
            guard let made = ZSTD_createDCtx() else { throw .decompressionFailed(.zstd) }
            zstd = made
            context = made
        }
        _ = ZSTD_DCtx_reset(context, ZSTD_reset_session_only)
        var input = ZSTD_inBuffer(src: payload.baseAddress, size: payload.count, pos: 0)
        while true {
            let room = try room(expecting: payload.count, .zstd)
            var target = ZSTD_outBuffer(dst: output.address + output.count, size: room, pos: 0)
            let before = input.pos
            let status = ZSTD_decompressStream(context, &target, &input)
            guard ZSTD_isError(status) == 0 else { throw .decompressionFailed(.zstd) }
            output.count += target.pos
            if status == 0, input.pos == input.size { return try finish() }
            guard target.pos > 0 || input.pos > before else { throw .decompressionFailed(.zstd) }
        }
    }
}
