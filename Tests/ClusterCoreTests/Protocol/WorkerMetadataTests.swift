import ClusterCore
import ConnectModel
import KafkaProtocol
import Testing

@Suite struct WorkerMetadataTests {
    private static let url = WorkerAssignmentTests.url
    private static let offset = WorkerAssignmentTests.offset

    private static func metadata(_ version: Int16, holds held: String? = nil) -> WorkerMetadata {
        WorkerMetadata(
            version: version, url: "http://w1:8083/", configOffset: 12,
            allocation: held.map { WorkerAssignmentTests.assignment(version, $0) })
    }

    private static var worked: [(WorkerMetadata, String, count: Int)] {
        [
            (metadata(0), "0000 \(url) \(offset)", 27),
            (metadata(1), "0001 \(url) \(offset) ffffffff", 31),
            (
                metadata(1, holds: "src src-0"),
                """
                0001 \(url) \(offset) 0000003e 0001 0000 0002 6d31 \(url) \(offset)
                00000001 0003 737263 00000002 ffffffff 00000000 00000000 00000000
                """, 93
            ),
            (
                metadata(2, holds: "src"),
                """
                0002 \(url) \(offset) 0000003a 0002 0000 0002 6d31 \(url) \(offset)
                00000001 0003 737263 00000001 ffffffff 00000000 00000000
                """, 89
            ),
        ]
    }

    @Test func `the worked examples are written and read to the byte`() throws {
        for (metadata, hex, count) in Self.worked {
            let expected = bytes(hex: hex)
            #expect(try metadata.encode() == expected && expected.count == count)
            #expect(try WorkerMetadata(expected) == metadata)
        }
    }

    @Test func `a worker offers what it holds in the version of each protocol`() throws {
        let held = WorkerAssignmentTests.assignment(2, "src")
        let offers = try WorkerMetadata.offers(.sessioned, url: "http://w1:8083/", configOffset: 12, holding: held)
        #expect(offers.map(\.name) == ["sessioned", "compatible", "default"])
        let read = try offers.map { try WorkerMetadata($0.metadata) }
        #expect(read == [Self.metadata(2, holds: "src"), Self.metadata(1, holds: "src"), Self.metadata(0)])
        #expect(read.map { text($0.held) } == ["src", "src", ""])
    }

    @Test func `an allocation may be missing or null`() throws {
        let head = "0002 \(Self.url) \(Self.offset)"
        #expect(try WorkerMetadata(bytes(hex: head)) == Self.metadata(2))
        #expect(try WorkerMetadata(bytes(hex: head + "fffffff0 01")) == Self.metadata(2))
    }

    @Test func `an allocation that cannot be read spoils the whole`() throws {
        let head = "0002 \(Self.url) \(Self.offset)"
        #expect(throws: ConnectProtocolError.empty) { try WorkerMetadata(bytes(hex: head + "00000000")) }
        #expect(throws: ConnectProtocolError.unsupportedVersion(-3)) {
            try WorkerMetadata(bytes(hex: head + "00000002 fffd"))
        }
        #expect(throws: ConnectProtocolError.malformed(.truncated)) {
            try WorkerMetadata(bytes(hex: head + "7fffffff 0002"))
        }
        #expect(throws: ConnectProtocolError.malformed(.truncated)) { try WorkerMetadata(bytes(hex: head + "0000")) }
    }

    @Test func `negative versions and empty bytes are refused`() throws {
        #expect(throws: ConnectProtocolError.empty) { try WorkerMetadata([]) }
        #expect(throws: ConnectProtocolError.unsupportedVersion(-1)) { try WorkerMetadata([0xff, 0xff]) }
        #expect(throws: ConnectProtocolError.malformed(.truncated)) { try WorkerMetadata([0, 1]) }
        #expect("\(ConnectProtocolError.unsupportedVersion(-1))" == "the version -1 is not possible")
    }

    @Test func `hostile bytes are read or refused`() throws {
        var generator = SeededGenerator(seed: 78)
        let good = try Self.metadata(2, holds: "src src-0 b-4").encode()
        for count in good.indices { _ = try? WorkerMetadata(Array(good.prefix(count))) }
        for _ in 0..<3000 {
            var bad = good
            let place = Int.random(in: bad.indices, using: &generator)
            bad[place] = UInt8.random(in: 0...255, using: &generator)
            guard let read = try? WorkerMetadata(bad) else { continue }
            #expect(try WorkerMetadata(try read.encode()).held.sorted() == read.held.sorted())
        }
    }
}
