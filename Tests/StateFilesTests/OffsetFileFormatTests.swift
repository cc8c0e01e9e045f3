import Testing

@testable import StateFiles

@Suite struct OffsetFileFormatTests {
    private static func table(_ lines: [(String, String, String)]) throws -> OffsetTable {
        var table: OffsetTable = [:]
        for (connector, partition, offset) in lines {
            let (key, bytes) = try OffsetEntry.partition(Array(partition.utf8), of: connector)
            table[key] = OffsetEntry(connector: connector, partition: bytes, offset: Array(offset.utf8))
        }
        return table
    }

    private static let sample = [
        ("orders", #"{"filename":"/srv/orders.txt"}"#, #"{"position":42}"#),
        ("say \"hi\"", #"{"b":1,"a":[1.50,true,null]}"#, #"{"position":9007199254740993}"#),
        ("ünïcode", "null", #"{"text":"tab \t and line \n"}"#),
    ]

    @Test func `a table is read back as it was written`() throws {
        let table = try Self.table(Self.sample)
        #expect(try OffsetFileFormat.decode(OffsetFileFormat.encode(table)) == table)
        #expect(try OffsetFileFormat.decode(OffsetFileFormat.encode([:])) == [:])
    }

    @Test func `the file is text in a fixed order`() throws {
        let table = try Self.table([
            ("b", #"{"f":2}"#, #"{"p":2}"#), ("a", #"{"f":1}"#, #"{"p":1}"#),
        ])
        let text = String(decoding: OffsetFileFormat.encode(table), as: UTF8.self)
        #expect(
            text == """
                kafka-connect-offsets 1
                ["a",{"f":1}]\t{"p":1}
                ["b",{"f":2}]\t{"p":2}
                end entries=2 crc32=c7d16423

                """)
    }

    @Test func `every truncation is refused`() throws {
        let content = OffsetFileFormat.encode(try Self.table(Self.sample))
        for length in 0..<content.count {
            #expect(throws: OffsetFileFormat.Damage.self, "\(length) bytes") {
                try OffsetFileFormat.decode(Array(content[..<length]))
            }
        }
    }

    @Test func `every changed bit is refused`() throws {
        let content = OffsetFileFormat.encode(try Self.table(Self.sample))
        for position in content.indices {
            for bit in [UInt8(1), 0x20, 0x80] {
                var changed = content
                changed[position] ^= bit
                #expect(throws: OffsetFileFormat.Damage.self, "byte \(position)") {
                    try OffsetFileFormat.decode(changed)
                }
            }
        }
    }

    @Test func `added and doubled lines are refused`() throws {
        let content = OffsetFileFormat.encode(try Self.table(Self.sample))
        #expect(throws: OffsetFileFormat.Damage.self) { try OffsetFileFormat.decode(content + content) }
        #expect(throws: OffsetFileFormat.Damage.self) { try OffsetFileFormat.decode(content + Array("\n".utf8)) }
    }

    @Test(arguments: [
        ("kafka-connect-offsets 2\n", "version \"2\""),
        ("#Mon Jan 01 00:00:00 UTC 2026\na=b\n", "no offsets file"),
        ("kafka-connect-offsets 1\n", "cut short"),
        ("kafka-connect-offsets 1\nend entries=0 crc32=00000000\n", "checksum"),
    ])
    func `the reason says what is wrong`(content: String, reason: String) {
        let damage = #expect(throws: OffsetFileFormat.Damage.self) {
            try OffsetFileFormat.decode(Array(content.utf8))
        }
        #expect(damage?.reason.contains(reason) == true, "\(damage?.reason ?? "")")
    }

    @Test(arguments: [
        (#"["a",{"f":1}] {"p":1}"#, "line 2: no tab"),
        ("[\"a\",{\"f\":1}]\tnull", "line 2: the offset is null"),
        ("[\"a\",{\"f\":1}]\t[1]", "line 2: the offset is no object"),
        ("[\"a\"]\t{\"p\":1}", "line 2: the key is not an array"),
        ("[1,{}]\t{\"p\":1}", "line 2: the key is not an array"),
        ("[\"a\",{}\t{\"p\":1}", "line 2: the key is not JSON"),
        (
            "[\"a\",{\"f\":1}]\t{\"p\":1}\n[\"a\",{\"f\":1}]\t{\"p\":2}",
            "line 3: the partition stands in the file twice"
        ),
    ])
    func `a bad line is named even under a right checksum`(lines: String, reason: String) {
        let body = Array("kafka-connect-offsets 1\n\(lines)\n".utf8)
        let count = lines.utf8.count { $0 == UInt8(ascii: "\n") } + 1
        let checksum = Checksum.spelling(of: Checksum.crc32(body))
        let damage = #expect(throws: OffsetFileFormat.Damage.self) {
            try OffsetFileFormat.decode(body + Array("end entries=\(count) crc32=\(checksum)\n".utf8))
        }
        #expect(damage?.reason.hasPrefix(reason) == true, "\(damage?.reason ?? "")")
    }

    @Test func `the checksum is that of zip`() {
        #expect(Checksum.crc32(Array("123456789".utf8)) == 0xCBF4_3926)
        #expect(Checksum.spelling(of: 0xAB) == "000000ab")
    }
}
