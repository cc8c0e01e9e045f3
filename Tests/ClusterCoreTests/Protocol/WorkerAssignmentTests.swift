import ClusterCore
import ConnectModel
import KafkaProtocol
import Testing

@Suite struct WorkerAssignmentTests {
    static let url = "000f 687474703a2f2f77313a383038332f"
    static let offset = "000000000000000c"

    static func assignment(_ version: Int16, _ assigned: String = "", revoked: String = "", delay: Int32 = 0)
        -> WorkerAssignment
    {
        WorkerAssignment(
            version: version, leaderID: "m1", leaderURL: "http://w1:8083/", configOffset: 12, assigned: work(assigned),
            revoked: work(revoked), delay: delay)
    }

    private static var mismatch: [WorkerAssignment] {
        [Int16(0), 2].map { version in
            var mismatch = assignment(version)
            mismatch.error = WorkerAssignment.configMismatch
            return mismatch
        }
    }

    private static var worked: [(WorkerAssignment, String, count: Int)] {
        [
            (
                assignment(0, "src src-0 src-1"),
                """
                0000 0000 0002 6d31 \(url) \(offset)
                00000001 0003 737263 00000003 ffffffff 00000000 00000001
                """, 58
            ),
            (mismatch[0], "0000 0001 0002 6d31 \(url) \(offset) 00000000", 37),
            (
                assignment(1, "src src-0", revoked: "src-1"),
                """
                0001 0000 0002 6d31 \(url) \(offset)
                00000001 0003 737263 00000002 ffffffff 00000000
                00000001 0003 737263 00000001 00000001
                00000000
                """, 75
            ),
            (
                assignment(2, delay: 300_000),
                "0002 0000 0002 6d31 \(url) \(offset) 00000000 00000000 000493e0", 45
            ),
            (mismatch[1], "0002 0001 0002 6d31 \(url) \(offset) 00000000 00000000 00000000", 45),
        ]
    }

    @Test func `the worked examples are written and read to the byte`() throws {
        for (assignment, hex, count) in Self.worked {
            let expected = bytes(hex: hex)
            #expect(try assignment.encode() == expected && expected.count == count)
            #expect(try WorkerAssignment(expected) == assignment)
        }
    }

    @Test func `connectors that are there themselves are written before tasks alone, with the marker first`() throws {
        let mixed = Self.assignment(1, "A-1 B-3 B A-0 B-2")
        let read = try WorkerAssignment(try mixed.encode()).assigned
        #expect(read.entries.map(\.connector) == ["B", "A"])
        #expect(text(read) == "B B-3 B-2 A-1 A-0")
    }

    @Test func `whatever is missing at the end is empty`() throws {
        let head = "0001 0000 0002 6d31 \(Self.url) \(Self.offset)"
        let whole = head + "00000001 0003 737263 00000001 ffffffff 00000001 0003 737263 00000001 00000001 00000007"
        #expect(try WorkerAssignment(bytes(hex: head)) == Self.assignment(1))
        let assigned = Array(bytes(hex: whole).prefix(50))
        #expect(try WorkerAssignment(assigned) == Self.assignment(1, "src"))
        #expect(try WorkerAssignment(bytes(hex: whole).dropLast(4)) == Self.assignment(1, "src", revoked: "src-1"))
        #expect(
            try WorkerAssignment(bytes(hex: whole)) == Self.assignment(1, "src", revoked: "src-1", delay: 7))
    }

    @Test func `negative counts stand for empty lists, and what follows is left alone`() throws {
        let null = "0002 0000 0002 6d31 \(Self.url) \(Self.offset) ffffffff fffffff0 00000005 0badcafe"
        #expect(try WorkerAssignment(bytes(hex: null)) == Self.assignment(2, delay: 5))
    }

    @Test func `later versions are read as far as they are known`() throws {
        let later = bytes(hex: "0009 0000 0002 6d31 \(Self.url) \(Self.offset) 00000000 00000000 00000000 01")
        #expect(try WorkerAssignment(later) == Self.assignment(9))
    }

    @Test func `negative versions and empty bytes are refused`() throws {
        #expect(throws: ConnectProtocolError.empty) { try WorkerAssignment([]) }
        #expect(throws: ConnectProtocolError.unsupportedVersion(-1)) { try WorkerAssignment([0xff, 0xff, 0, 0]) }
        #expect(throws: ConnectProtocolError.malformed(.truncated)) { try WorkerAssignment([0]) }
        #expect(throws: ConnectProtocolError.unsupportedVersion(-2)) { try Self.assignment(-2).encode() }
    }

    @Test func `a name too long for the wire is an error, not a trap`() throws {
        let name = String(repeating: "x", count: 40_000)
        let assignment = WorkerAssignment(
            version: 1, leaderID: "m", leaderURL: "u", configOffset: 0,
            assigned: WorkSet(connectors: [name], tasks: []))
        #expect(throws: ConnectProtocolError.malformed(.tooLong(40_000))) { try assignment.encode() }
    }

    @Test func `counts that the bytes cannot hold are refused before anything is made for them`() throws {
        let head = "0001 0000 0002 6d31 \(Self.url) \(Self.offset)"
        #expect(throws: ConnectProtocolError.malformed(.truncated)) {
            try WorkerAssignment(bytes(hex: head + "7fffffff"))
        }
        #expect(throws: ConnectProtocolError.malformed(.countTooLarge(Int(Int32.max)))) {
            try WorkerAssignment(bytes(hex: head + "00000001 0001 61 7fffffff 00000000"))
        }
        #expect(throws: ConnectProtocolError.malformed(.invalidLength(-1))) {
            try WorkerAssignment(bytes(hex: head + "00000001 0001 61 ffffffff"))
        }
    }

    @Test func `hostile bytes are read or refused`() throws {
        var generator = SeededGenerator(seed: 77)
        let good = try Self.assignment(2, "src src-0 src-1 b-4", revoked: "c d-3", delay: 9).encode()
        for count in good.indices { _ = try? WorkerAssignment(Array(good.prefix(count))) }
        for _ in 0..<3000 {
            var bad = good
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: bad.indices, using: &generator)
                bad[place] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let read = try? WorkerAssignment(bad) else { continue }
            // What was understood can be written and is understood again. Bytes that are no text became three each.
            let again = try WorkerAssignment(try read.encode())
            #expect(again.assigned.sorted() == read.assigned.sorted() && again.leaderURL == read.leaderURL)
        }
    }
}
