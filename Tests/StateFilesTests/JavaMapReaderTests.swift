import Testing

@testable import StateFiles

/// The fixtures were written by Apache Kafka Connect 4.3.1 in standalone mode: two FileStream sources, then one of them with
/// forty partitions and a removed one.
enum ApacheFile {
    static func content(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let content = try AtomicFile.read("\(folder)/Fixtures/\(name).offsets", limit: 1 << 20)
        return try #require(content, "fixture \(name)")
    }
}

@Suite struct JavaMapReaderTests {
    @Test func `a file of Apache's gives its pairs`() throws {
        let pairs = try JavaMapReader.pairs(of: ApacheFile.content("apache-small"))
        let texts = pairs.map { String(decoding: $0.key ?? [], as: UTF8.self) }.sorted()
        #expect(
            texts == [
                #"["orders",{"filename":"/tmp/orders.txt"}]"#, #"["say \"hi\", ü",{"filename":"/tmp/orders.txt"}]"#,
            ])
        #expect(pairs.allSatisfy { $0.value == Array(#"{"position":14}"#.utf8) })
    }

    @Test func `removed offsets are nulls`() throws {
        let pairs = try JavaMapReader.pairs(of: ApacheFile.content("apache-large"))
        #expect(pairs.count == 42)
        #expect(pairs.count { $0.value == nil } == 1)
    }

    @Test func `every truncation is refused`() throws {
        let content = try ApacheFile.content("apache-small")
        for length in content.indices {
            #expect(throws: JavaMapReader.Failure.self, "\(length) bytes") {
                try JavaMapReader.pairs(of: Array(content[..<length]))
            }
        }
        #expect(throws: JavaMapReader.Failure(offset: content.count, reason: "more bytes after the map")) {
            try JavaMapReader.pairs(of: content + [0])
        }
    }

    @Test func `changed bytes of the grammar are refused`() throws {
        let content = try ApacheFile.content("apache-small")
        // Up to the fields' values, and the block with the sizes but not the number of buckets.
        for position in Array(0..<0x3F) + Array(0x47..<0x49) {
            var changed = content
            changed[position] ^= 1
            #expect(throws: JavaMapReader.Failure.self, "byte \(position)") {
                try JavaMapReader.pairs(of: changed)
            }
        }
    }

    @Test(arguments: [[0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF]] as [[UInt8]])
    func `forged sizes ask for no memory`(size: [UInt8]) throws {
        var content = try ApacheFile.content("apache-small")
        content.replaceSubrange(0x4D..<0x51, with: size)
        let failure = #expect(throws: JavaMapReader.Failure.self) { try JavaMapReader.pairs(of: content) }
        #expect(failure?.reason.hasPrefix("impossible size") == true)
        content = try ApacheFile.content("apache-small")
        content.replaceSubrange(0x62..<0x66, with: size)
        #expect(throws: JavaMapReader.Failure.self) { try JavaMapReader.pairs(of: content) }
    }

    @Test func `an object of another class is refused`() {
        let content: [UInt8] =
            JavaMapReader.signature + [0x73, 0x72, 0x00, 0x0E] + Array("java.io.Object".utf8)
        #expect(throws: JavaMapReader.Failure.self) { try JavaMapReader.pairs(of: content) }
    }
}
