internal import CLZ4
internal import CSnappy
internal import CZlib
internal import CZstd
internal import Glibc

/// Compresses the records of batches as Apache's Java producer does.
///
/// The codec's state and the output buffer are made at the first use and kept for the next batch. A compressor belongs to one
/// thread at a time (a task's lane).
public final class Compressor {
    /// The codec of every batch.
    public let codec: CompressionCodec
    private let level: Int32?
    private var output: UnsafeMutableRawPointer?
    private var capacity = 0
    private var deflater: UnsafeMutablePointer<z_stream>?
    private var zstd: OpaquePointer?
    private var lz4: OpaquePointer?

    /// The levels that `codec` can be given: those of `compression.gzip.level`, `compression.lz4.level` and
    /// `compression.zstd.level`; nil for codecs without levels.
    public static func levels(of codec: CompressionCodec) -> ClosedRange<Int32>? {
        switch codec {
        case .none, .snappy: nil
        case .gzip: 1...9
        case .lz4: 1...17
        case .zstd: ZSTD_minCLevel()...ZSTD_maxCLevel()
        }
    }

    /// - Parameter level: one of `levels(of:)`, nil for the codec's default; what is outside of them is moved to their ends.
    public init(_ codec: CompressionCodec, level: Int32? = nil) {
        self.codec = codec
        guard let level, let levels = Self.levels(of: codec) else {
            self.level = nil
            return
        }
        self.level = min(max(level, levels.lowerBound), levels.upperBound)
    }

    deinit {
        free(output)
        if let deflater {
            deflateEnd(deflater)
            deflater.deallocate()
        }
        if let zstd { ZSTD_freeCCtx(zstd) }
        if let lz4 { LZ4F_freeCompressionContext(lz4) }
    }

    /// Compresses `plain` into the compressor's own memory and lends the result.
    public func withCompressed<Result>(
        _ plain: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws(ProtocolError) -> Result
    ) throws(ProtocolError) -> Result {
        let count: Int
        switch codec {
        case .none: return try body(plain)
        case .gzip: count = try gzip(plain)
        case .snappy: count = try snappy(plain)
        case .lz4: count = try lz4Frame(plain)
        case .zstd: count = try zstdFrame(plain)
        }
        defer { extendLifetime(self) }
        return try body(UnsafeRawBufferPointer(start: output, count: count))
    }

    private func reserve(_ wanted: Int) throws(ProtocolError) -> UnsafeMutableRawPointer {
        if let output, capacity >= wanted { return output }
        guard let larger = realloc(output, wanted) else { throw .compressionFailed(codec) }
        output = larger
        capacity = wanted
        return larger
    }

    // MARK: gzip

    /// RFC 1952 with the ten header bytes that Java writes; zlib's own header would name another operating system.
    private static var gzipHeader: [UInt8] { [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff] }
    private static var gzipTrailer: Int { 8 }

    private func gzip(_ plain: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
        let stream = try deflaterStream()
        guard deflateReset(stream) == Z_OK, plain.count <= Int(UInt32.max) else { throw .compressionFailed(codec) }
        let header = Self.gzipHeader
        let bound = Int(deflateBound(stream, UInt(plain.count)))
        guard bound <= Int(UInt32.max) else { throw .compressionFailed(codec) }
        let place = try reserve(header.count + bound + Self.gzipTrailer)
        for (index, byte) in header.enumerated() { place.storeBytes(of: byte, toByteOffset: index, as: UInt8.self) }
        let input = plain.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.next_in = UnsafeMutablePointer(mutating: input)
        stream.pointee.avail_in = UInt32(plain.count)
        stream.pointee.next_out = (place + header.count).assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(bound)
        guard deflate(stream, Z_FINISH) == Z_STREAM_END else { throw .compressionFailed(codec) }
        let end = header.count + bound - Int(stream.pointee.avail_out)
        let checksum = UInt32(truncatingIfNeeded: crc32(0, input, UInt32(plain.count)))
        (place + end).storeBytes(of: checksum.littleEndian, as: UInt32.self)
        (place + end + 4).storeBytes(of: UInt32(plain.count).littleEndian, as: UInt32.self)
        return end + Self.gzipTrailer
    }

    private func deflaterStream() throws(ProtocolError) -> UnsafeMutablePointer<z_stream> {
        if let deflater { return deflater }
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, level ?? Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            stream.deallocate()
            throw .compressionFailed(codec)
        }
        deflater = stream
        return stream
    }

    // MARK: snappy

    /// The stream of xerial's snappy-java: a header, then blocks of at most 32 KiB behind their compressed length.
    private func snappy(_ plain: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
        let blocks = (plain.count + Xerial.blockSize - 1) / Xerial.blockSize
        let place = try reserve(Xerial.headerSize + blocks * (4 + snappy_max_compressed_length(Xerial.blockSize)))
        Xerial.writeHeader(to: place)
        var end = Xerial.headerSize
        var at = 0
        while at < plain.count {
            let block = UnsafeRawBufferPointer(rebasing: plain[at..<min(at + Xerial.blockSize, plain.count)])
            var size = capacity - end - 4
            let status = snappy_compress(
                block.assumingMemoryBound(to: CChar.self).baseAddress, block.count,
                (place + end + 4).assumingMemoryBound(to: CChar.self), &size)
            guard status == SNAPPY_OK, let length = Int32(exactly: size) else { throw .compressionFailed(codec) }
            place.storeBig(length, at: end)
            end += 4 + size
            at += block.count
        }
        return end
    }

    // MARK: lz4

    /// A frame of independent 64 KiB blocks without checksums. Java's default level 9 means its fast compressor, any other
    /// the high compression of that level, of which the library knows 3 and up.
    private func lz4Frame(_ plain: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
        if lz4 == nil {
            guard LZ4F_isError(LZ4F_createCompressionContext(&lz4, UInt32(LZ4F_VERSION))) == 0 else {
                throw .compressionFailed(codec)
            }
        }
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max64KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.compressionLevel = if let level, level != 9 { min(max(level, 3), 12) } else { 0 }
        let bound = LZ4F_compressBound(plain.count, &preferences) + Int(LZ4F_HEADER_SIZE_MAX)
        let place = try reserve(bound)
        var end = 0
        func add(_ written: Int) throws(ProtocolError) {
            guard LZ4F_isError(written) == 0 else { throw .compressionFailed(codec) }
            end += written
        }
        try add(LZ4F_compressBegin(lz4, place, capacity, &preferences))
        try add(LZ4F_compressUpdate(lz4, place + end, capacity - end, plain.baseAddress, plain.count, nil))
        try add(LZ4F_compressEnd(lz4, place + end, capacity - end, nil))
        return end
    }

    // MARK: zstd

    /// A frame without content size and checksum.
    private func zstdFrame(_ plain: UnsafeRawBufferPointer) throws(ProtocolError) -> Int {
        let context: OpaquePointer
        if let zstd {
            context = zstd
        } else {
            guard let made = ZSTD_createCCtx() else { throw .compressionFailed(codec) }
            zstd = made
            context = made
            _ = ZSTD_CCtx_setParameter(made, ZSTD_c_compressionLevel, level ?? ZSTD_defaultCLevel())
            _ = ZSTD_CCtx_setParameter(made, ZSTD_c_contentSizeFlag, 0)
        }
        let bound = ZSTD_compressBound(plain.count)
        let place = try reserve(bound)
        let written = ZSTD_compress2(context, place, capacity, plain.baseAddress, plain.count)
        guard ZSTD_isError(written) == 0 else { throw .compressionFailed(codec) }
        return written
    }
}

/// The framing of snappy-java.
enum Xerial {
    static let headerSize = 16
    static let blockSize = 32 * 1024
    /// 0x82 "SNAPPY" 0.
    static let magic: UInt64 = 0x8253_4e41_5050_5900
    /// The first half of the magic: what a reader finds in place of a length where streams were joined.
    static let firstHalf = UInt32(truncatingIfNeeded: magic >> 32)

    static func writeHeader(to place: UnsafeMutableRawPointer) {
        place.storeBig(magic, at: 0)
        place.storeBig(1 as Int32, at: 8)
        place.storeBig(1 as Int32, at: 12)
    }
}
