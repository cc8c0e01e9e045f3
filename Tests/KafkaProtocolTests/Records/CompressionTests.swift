import Testing

@testable import KafkaProtocol

@Suite struct CompressionTests {
    private static let codecs: [CompressionCodec] = [.gzip, .snappy, .lz4, .zstd]

    private static func pack(_ codec: CompressionCodec, _ plain: [UInt8], level: Int32? = nil) throws -> [UInt8] {
        let compressor = Compressor(codec, level: level)
        return try lend(plain) { plain throws(ProtocolError) in try compressor.withCompressed(plain) { [UInt8]($0) } }
    }

    private static func unpack(
        _ codec: CompressionCodec, _ packed: [UInt8], limit: Int = Decompressor.defaultLimit
    ) throws(ProtocolError) -> [UInt8] {
        let decompressor = Decompressor(pool: RecordBufferPool(), limit: limit)
        return try lend(packed) { packed throws(ProtocolError) in
            [UInt8](try decompressor.decompress(packed, codec))
        }
    }

    private static func text(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* $0) >> 5) } }

    @Test(arguments: codecs, [1, 100, 32_767, 32_768, 32_769, 65_536, 1_000_000])
    func roundTrips(codec: CompressionCodec, count: Int) throws {
        var generator = SeededGenerator(seed: 3)
        let noise = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for plain in [Self.text(count), noise, [UInt8](repeating: 7, count: count)] {
            let packed = try Self.pack(codec, plain)
            #expect(try Self.unpack(codec, packed) == plain)
        }
    }

    @Test func `what one huge batch took is given up`() throws {
        let packed = try Self.pack(.zstd, [UInt8](repeating: 0, count: 8 << 20))
        let decompressor = Decompressor(pool: RecordBufferPool())
        _ = try lend(packed) { packed throws(ProtocolError) in try decompressor.decompress(packed, .zstd).count }
        #expect(decompressor.output.capacity >= 8 << 20)
        decompressor.trim()
        #expect(decompressor.output.capacity < 1 << 20)
    }

    @Test(arguments: codecs)
    func everyLevelCanBeRead(codec: CompressionCodec) throws {
        guard let levels = Compressor.levels(of: codec) else { return }
        let plain = Self.text(3000)
        for level in [levels.lowerBound - 1, levels.lowerBound, -1, 1, 3, 9, levels.upperBound, levels.upperBound + 1] {
            #expect(try Self.unpack(codec, try Self.pack(codec, plain, level: level)) == plain)
        }
    }

    @Test func framingIsThatOfJavasProducer() throws {
        let plain = Self.text(200)
        #expect(try Self.pack(.gzip, plain).prefix(10).hex == "1f8b08000000000000ff")
        #expect(try Self.pack(.snappy, plain).prefix(16).hex == "82534e41505059000000000100000001")
        let lz4 = try Self.pack(.lz4, plain)
        #expect(lz4.prefix(7).hex == "04224d18604082" && lz4.suffix(4).hex == "00000000")
        // A frame with a window descriptor and neither content size nor checksum.
        #expect(try Self.pack(.zstd, plain).prefix(5).hex == "28b52ffd00")
    }

    @Test(arguments: codecs)
    func outputBeyondTheLimitIsRefused(codec: CompressionCodec) throws {
        let packed = try Self.pack(codec, [UInt8](repeating: 0, count: 300_000))
        #expect(try Self.unpack(codec, packed, limit: 300_000).count == 300_000)
        #expect(throws: ProtocolError.decompressedTooLarge(limit: 299_999)) {
            try Self.unpack(codec, packed, limit: 299_999)
        }
        #expect(throws: ProtocolError.decompressedTooLarge(limit: 10)) { try Self.unpack(codec, packed, limit: 10) }
    }

    @Test(arguments: codecs)
    func truncatedOrNoisyPayloadsAreErrors(codec: CompressionCodec) throws {
        let packed = try Self.pack(codec, Self.text(500))
        let plain = Self.text(500)
        for count in 0..<packed.count {
            let result = try? Self.unpack(codec, Array(packed[..<count]))
            // A whole number of snappy blocks is a stream too.
            #expect(result == nil || (codec == .snappy && result != plain))
        }
        #expect(throws: ProtocolError.self) { try Self.unpack(codec, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) }
    }

    @Test func gzipMembersAreJoinedAndWhatFollowsIsIgnored() throws {
        let member = try Self.pack(.gzip, [1, 2, 3])
        #expect(try Self.unpack(.gzip, member + member) == [1, 2, 3, 1, 2, 3])
        #expect(try Self.unpack(.gzip, member + [0, 0, 0]) == [1, 2, 3])
        // Raw zlib is refused, as by a broker.
        #expect(throws: ProtocolError.self) { try Self.unpack(.gzip, bytes(hex: "789c63646266 0600 000d0007")) }
    }

    @Test func zstdFramesAreJoined() throws {
        let frame = try Self.pack(.zstd, [1, 2, 3])
        #expect(try Self.unpack(.zstd, frame + frame) == [1, 2, 3, 1, 2, 3])
    }

    @Test func bareSnappyBlocksAndJoinedStreamsAreRead() throws {
        let stream = try Self.pack(.snappy, Self.text(100))
        #expect(try Self.unpack(.snappy, Array(stream.dropFirst(20))) == Self.text(100))
        #expect(try Self.unpack(.snappy, stream + stream) == Self.text(100) + Self.text(100))
        // Google's framing is refused, as by a broker.
        #expect(throws: ProtocolError.self) { try Self.unpack(.snappy, bytes(hex: "ff060000734e61507059")) }
    }

    @Test func lz4AllowsDataBehindTheEndMark() throws {
        let frame = try Self.pack(.lz4, [1, 2, 3])
        #expect(try Self.unpack(.lz4, frame + [9, 9]) == [1, 2, 3])
    }

    @Test func statefulCodecsAreReusable() throws {
        for codec in Self.codecs {
            let compressor = Compressor(codec)
            let decompressor = Decompressor(pool: RecordBufferPool())
            for count in [1000, 10, 70_000, 1] {
                let plain = Self.text(count)
                let packed = try lend(plain) { plain throws(ProtocolError) in
                    try compressor.withCompressed(plain) { [UInt8]($0) }
                }
                let unpacked = try lend(packed) { packed throws(ProtocolError) in
                    [UInt8](try decompressor.decompress(packed, codec))
                }
                #expect(unpacked == plain)
                _ = try? Self.unpack(codec, Array(packed.dropLast()))
            }
        }
    }
}
