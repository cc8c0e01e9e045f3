import Testing

@testable import KafkaProtocol

@Suite struct RecordBatchReaderTests {
    private static func batch(
        base: Int64, _ values: [String], edit: (inout [UInt8]) -> Void = { _ in }
    ) throws -> [UInt8] {
        let sealed = try #require(try makeBatch(values.map { SampleRecord(timestamp: 1000, key: nil, value: $0) }))
        var bytes = sealed.copiedBytes
        put(base, into: &bytes, at: 0)
        edit(&bytes)
        return bytes
    }

    private static func put<T: FixedWidthInteger>(_ value: T, into bytes: inout [UInt8], at offset: Int) {
        withUnsafeBytes(of: value.bigEndian) { bytes.replaceSubrange(offset..<offset + $0.count, with: $0) }
    }

    private static func fixChecksum(_ bytes: inout [UInt8]) {
        put(bytes[21...].withUnsafeBytes { CRC32C.checksum($0) }, into: &bytes, at: 17)
    }

    @Test func batchesFollowOneAnotherAndACutOneIsLeft() throws {
        let first = try Self.batch(base: 10, ["a", "b"])
        let second = try Self.batch(base: 12, ["c"])
        for cut in 1..<second.count {
            let result = try readAll(first + second.dropLast(cut))
            #expect(result.records.map(\.offset) == [10, 11])
            #expect(result.position == first.count)
        }
        #expect(try readAll(first + second).records.map(\.offset) == [10, 11, 12])
        #expect(try readAll([]).batches.isEmpty)
    }

    @Test func recordsAndBatchesBelowTheAskedOffsetArePassedOver() throws {
        let data = try Self.batch(base: 0, ["a", "b"]) + Self.batch(base: 2, ["c", "d", "e"])
        let result = try readAll(data, from: 3)
        #expect(result.batches.map(\.baseOffset) == [2])
        #expect(result.records.map(\.offset) == [3, 4])
    }

    @Test func emptyCompactedBatchMovesThePosition() throws {
        let data = try Self.batch(base: 5, ["gone"]) { bytes in
            bytes.removeLast(bytes.count - 61)
            Self.put(Int32(49), into: &bytes, at: 8)
            Self.put(Int32(9), into: &bytes, at: 23)
            Self.put(Int32(0), into: &bytes, at: 57)
            Self.fixChecksum(&bytes)
        }
        let result = try readAll(data)
        #expect(result.records.isEmpty)
        #expect(result.batches.map(\.nextOffset) == [15])
    }

    @Test func appendTimeOverridesEveryTimestamp() throws {
        let data = try Self.batch(base: 0, ["a", "b"]) { bytes in
            Self.put(Int16(8), into: &bytes, at: 21)
            Self.put(Int64(77_777), into: &bytes, at: 35)
            Self.fixChecksum(&bytes)
        }
        let result = try readAll(data)
        #expect(result.records.map(\.timestamp) == [77_777, 77_777])
        #expect(result.batches.first?.isAppendTime == true)
    }

    @Test func deleteHorizonIsTheBaseOfTheDeltas() throws {
        let data = try Self.batch(base: 0, ["a"]) { bytes in
            Self.put(Int16(64), into: &bytes, at: 21)
            Self.put(Int64(5_000), into: &bytes, at: 27)
            Self.fixChecksum(&bytes)
        }
        let result = try readAll(data)
        #expect(result.batches.first?.deleteHorizon == 5_000)
        #expect(result.records.map(\.timestamp) == [5_000])
    }

    @Test func markerOfACommitIsAControlBatch() throws {
        // As a 4.3.1 broker writes it.
        var data = try Self.batch(base: 7, ["x"])
        data.removeLast(data.count - 61)
        data += bytes(hex: "20 00 00 00 08 00000001 0c 000000000000 00")
        Self.put(Int32(data.count - 12), into: &data, at: 8)
        Self.put(Int16(0x30), into: &data, at: 21)
        Self.fixChecksum(&data)
        let result = try readAll(data)
        #expect(result.batches.first?.isControl == true && result.batches.first?.isTransactional == true)
        let key = try #require(result.records.first?.key)
        #expect(try lend(key) { key throws(ProtocolError) in try ControlMarker(key: key) } == .commit)
    }

    @Test func everyFlippedBitBehindTheChecksumIsFound() throws {
        let data = try Self.batch(base: 0, ["value"])
        for index in 17..<data.count {
            var damaged = data
            damaged[index] ^= 0x10
            #expect(throws: ProtocolError.self) { try readAll(damaged) }
        }
        var damaged = data
        damaged[data.count - 2] ^= 1
        #expect(try readAll(damaged, checksums: false).records.count == 1)
        #expect(throws: ProtocolError.checksumMismatch(0)) { try readAll(damaged) }
    }

    @Test func lyingHeadersAreRefused() throws {
        let data = try Self.batch(base: 0, ["value"])
        func refused(_ edit: (inout [UInt8]) -> Void) -> Bool {
            var damaged = data
            edit(&damaged)
            do {
                _ = try readAll(damaged, checksums: false)
                return false
            } catch { return true }
        }
        #expect(refused { Self.put(Int32(-1), into: &$0, at: 57) })
        #expect(refused { Self.put(Int32(2), into: &$0, at: 57) })
        #expect(refused { Self.put(Int32.max, into: &$0, at: 57) })
        #expect(refused { Self.put(Int32(0), into: &$0, at: 8) })
        #expect(refused { Self.put(Int32(-5), into: &$0, at: 8) })
        #expect(refused { Self.put(Int32(-1), into: &$0, at: 23) })
        #expect(refused { Self.put(Int64.max, into: &$0, at: 0) })
        #expect(refused { Self.put(Int64(-1), into: &$0, at: 0) })
        #expect(refused { $0[16] = 3 })
        #expect(refused { $0[16] = 0xff })
        #expect(refused { Self.put(Int16(5), into: &$0, at: 21) })
        #expect(refused { Self.put(Int16(1), into: &$0, at: 21) })
    }

    @Test(arguments: CompressionCodec.allCases)
    func truncationAndNoiseNeverCrash(codec: CompressionCodec) throws {
        var generator = SeededGenerator(seed: UInt64(codec.rawValue) + 40)
        let records = (0..<20).map {
            SampleRecord(timestamp: 5, key: "k\($0)", value: "value \($0)", headers: [.init(key: "h", value: [1])])
        }
        let data = try #require(try makeBatch(records, Compressor(codec))).copiedBytes
        for count in data.indices { _ = try? readAll(Array(data[..<count]), checksums: false) }
        for _ in 0..<3000 {
            var noisy = data
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<noisy.count, using: &generator)
                noisy[index] = UInt8.random(in: 0...255, using: &generator)
            }
            _ = try? readAll(noisy, checksums: false, limit: 1 << 20)
        }
    }
}
