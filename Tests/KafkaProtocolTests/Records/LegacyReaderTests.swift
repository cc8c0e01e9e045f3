import CZlib
import Testing

@testable import KafkaProtocol

/// Message sets of the formats 0 and 1, built by hand as old producers and brokers wrote them.
@Suite struct LegacyReaderTests {
    private static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func field(_ bytes: [UInt8]?) -> [UInt8] { big(Int32(bytes?.count ?? -1)) + (bytes ?? []) }

    private static func message(
        _ offset: Int64, magic: UInt8, attributes: UInt8 = 0, timestamp: Int64 = 0, key: [UInt8]?, value: [UInt8]?
    ) -> [UInt8] {
        let body = [magic, attributes] + (magic == 1 ? big(timestamp) : []) + field(key) + field(value)
        let checksum = UInt32(
            truncatingIfNeeded: body.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) })
        return big(offset) + big(Int32(body.count + 4)) + big(checksum) + body
    }

    private static func compressed(_ codec: CompressionCodec, _ plain: [UInt8]) throws -> [UInt8] {
        try lend(plain) { plain throws(ProtocolError) in try Compressor(codec).withCompressed(plain) { [UInt8]($0) } }
    }

    @Test func plainMessagesOfBothFormatsAreRead() throws {
        let data =
            Self.message(3, magic: 0, key: [1], value: [2, 3])
            + Self.message(4, magic: 1, timestamp: 99, key: nil, value: nil)
        let result = try readAll(data)
        #expect(result.records.map(\.offset) == [3, 4])
        #expect(result.records.map(\.timestamp) == [-1, 99])
        #expect(result.records.map(\.key) == [[1], nil])
        #expect(result.records.map(\.value) == [[2, 3], nil])
        #expect(result.batches.map(\.nextOffset) == [4, 5])
        #expect(try readAll(data, from: 4).records.map(\.offset) == [4])
    }

    @Test(arguments: [CompressionCodec.gzip, .snappy, .lz4])
    func setsOfFormat0HaveAbsoluteOffsetsInside(codec: CompressionCodec) throws {
        let inner = Self.message(40, magic: 0, key: nil, value: [1]) + Self.message(42, magic: 0, key: nil, value: [2])
        let packed = try Self.compressed(codec, inner)
        let data = Self.message(42, magic: 0, attributes: codec.rawValue, key: nil, value: packed)
        #expect(try readAll(data).records.map(\.offset) == [40, 42])
        #expect(try readAll(data, from: 41).records.map(\.value) == [[2]])
    }

    @Test(arguments: [CompressionCodec.gzip, .snappy, .lz4])
    func setsOfFormat1HaveRelativeOffsetsInside(codec: CompressionCodec) throws {
        let inner =
            Self.message(0, magic: 1, timestamp: 5, key: nil, value: [1])
            + Self.message(2, magic: 1, timestamp: 6, key: nil, value: [2])
        let packed = try Self.compressed(codec, inner)
        let data = Self.message(102, magic: 1, attributes: codec.rawValue, timestamp: 7, key: nil, value: packed)
        let result = try readAll(data)
        #expect(result.records.map(\.offset) == [100, 102])
        #expect(result.records.map(\.timestamp) == [5, 6])
        let stamped = Self.message(102, magic: 1, attributes: codec.rawValue | 8, timestamp: 7, key: nil, value: packed)
        #expect(try readAll(stamped).records.map(\.timestamp) == [7, 7])
    }

    @Test func `the wrong lz4 header checksum of old producers is accepted in format 0 only`() throws {
        var packed = try Self.compressed(.lz4, Self.message(0, magic: 0, key: nil, value: [9]))
        #expect(packed[6] == 0x82)
        packed[6] = 0x1a
        let old = Self.message(0, magic: 0, attributes: 3, key: nil, value: packed)
        #expect(try readAll(old).records.map(\.value) == [[9]])
        let newer = Self.message(0, magic: 1, attributes: 3, key: nil, value: packed)
        #expect(throws: ProtocolError.decompressionFailed(.lz4)) { try readAll(newer) }
    }

    @Test func `padding behind a down-converted answer is dropped`() throws {
        let data = Self.message(0, magic: 1, key: nil, value: [1])
        let padding = Self.big(-1 as Int64) + Self.big(1000 as Int32) + [0, 0, 0, 0, 0]
        let result = try readAll(data + padding)
        #expect(result.records.count == 1 && result.position == data.count)
    }

    @Test func damageIsFoundAndNestingRefused() throws {
        var data = Self.message(0, magic: 1, key: nil, value: [1, 2, 3])
        data[data.count - 1] ^= 1
        #expect(throws: ProtocolError.checksumMismatch(0)) { try readAll(data) }
        let inner = Self.message(0, magic: 1, attributes: 1, key: nil, value: [1])
        let nested = Self.message(0, magic: 1, attributes: 1, key: nil, value: try Self.compressed(.gzip, inner))
        #expect(throws: ProtocolError.self) { try readAll(nested) }
        let zstd = Self.message(0, magic: 1, attributes: 4, key: nil, value: [1])
        #expect(throws: ProtocolError.unsupportedCodec(4)) { try readAll(zstd) }
    }
}
