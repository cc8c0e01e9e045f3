import Testing

@testable import KafkaProtocol

@Suite struct ByteReaderTests {
    private static func varint(_ hex: String) throws(ProtocolError) -> UInt32 {
        try lend(bytes(hex: hex)) { bytes throws(ProtocolError) in
            var r = ByteReader(bytes)
            return try r.unsignedVarint()
        }
    }

    @Test func varintsOfAllLengths() throws {
        for value: UInt32 in [0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455, 268_435_456, .max] {
            var w = ByteWriter()
            w.unsignedVarint(value)
            #expect(Varint.size(UInt64(value)) == w.count)
            #expect(try Self.varint(w.takeBytes().hex) == value)
        }
        #expect(throws: ProtocolError.malformedVarint) { try Self.varint("ffffffff10") }
        #expect(throws: ProtocolError.malformedVarint) { try Self.varint("8080808080 00") }
        #expect(throws: ProtocolError.truncated) { try Self.varint("80") }
        #expect(throws: ProtocolError.truncated) { try Self.varint("") }
    }

    @Test func longVarintsOfRecords() throws {
        for value: Int64 in [0, -1, 1, 63, 64, -64, -65, 1 << 20, -(1 << 40), .max, .min] {
            let zigzag = Varint.zigzag(value)
            #expect(Varint.unzigzag(zigzag) == value)
            var encoded = [UInt8](repeating: 0, count: 10)
            let count = encoded.withUnsafeMutableBytes { buffer in
                buffer.baseAddress.map { Varint.write(zigzag, to: $0) } ?? 0
            }
            #expect(count == Varint.size(zigzag))
            encoded.withUnsafeBytes { buffer in
                guard let start = buffer.baseAddress else { return }
                var place = start
                #expect(Varint.read(&place, start + count) == zigzag)
                #expect(place == start + count)
                place = start
                #expect(Varint.read(&place, start + count - 1) == nil)
            }
        }
    }

    @Test func unknownTagsAreSkippedBySizeAndKnownOnesMustFit() throws {
        // ApiVersions v3 answer: error 0, no APIs, throttle 0, tags: 9 (unknown, 2 bytes), 1 (features epoch 5).
        let good = bytes(hex: "0000 01 00000000 02 09 02 abcd 01 08 0000000000000005")
        try lend(good) { bytes throws(ProtocolError) in
            var r = ByteReader(bytes)
            let response = try ApiVersionsResponse(from: &r, version: 3)
            #expect(response.finalizedFeaturesEpoch == 5)
            try r.finish()
        }
        for wrong in ["0000 01 00000000 01 01 09 0000000000000005 00", "0000 01 00000000 01 01 07 0000000000000005"] {
            #expect(throws: ProtocolError.tagSizeMismatch(1)) {
                try recode(ApiVersionsResponse.self, bytes(hex: wrong), version: 3)
            }
        }
        #expect(throws: ProtocolError.countTooLarge(100)) {
            try recode(ApiVersionsResponse.self, bytes(hex: "0000 01 00000000 64 00"), version: 3)
        }
    }

    @Test func lengthsAreChecked() {
        // Heartbeat v3: group id of -2 and of 100 bytes.
        #expect(throws: ProtocolError.invalidLength(-2)) {
            try recode(HeartbeatRequest.self, bytes(hex: "fffe"), version: 3)
        }
        #expect(throws: ProtocolError.truncated) {
            try recode(HeartbeatRequest.self, bytes(hex: "0064 41"), version: 3)
        }
        #expect(throws: ProtocolError.invalidLength(-1)) {
            try recode(HeartbeatRequest.self, bytes(hex: "ffff"), version: 3)
        }
    }

    @Test func stringsAboveJavasLimitAreRefused() {
        var w = ByteWriter()
        #expect(throws: ProtocolError.tooLong(32_768)) { try w.string(String(repeating: "x", count: 32_768), true) }
        #expect(throws: Never.self) { try w.string(String(repeating: "x", count: 32_767), false) }
    }

    @Test func uuidIsPrintedAsKafkaDoes() {
        #expect(KafkaUUID.zero.description == "AAAAAAAAAAAAAAAAAAAAAA")
        let uuid = KafkaUUID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0fff)
        #expect(uuid.description == "AQIDBAUGBwgJCgsMDQ4P_w")
        #expect(KafkaUUID(high: .max, low: .max).description == "_____________________w")
    }

    @Test func largeWritersGrow() throws {
        var w = ByteWriter(capacity: 1)
        for value in 0..<10_000 { w.int32(Int32(value)) }
        let written = w.takeBytes()
        #expect(written.count == 40_000 && written.suffix(4).hex == "0000270f")
        #expect(w.totalCount == 0)
        w.int8(1)
        #expect(w.takeBytes() == [1])
    }
}
