import ConnectModel
import Testing

@testable import TaskRuntime

struct OffsetLedgerTests {
    private func partition(_ number: Int) -> SourcePartition {
        SourcePartition(json: Array("{\"p\":\(number)}".utf8), offsetKey: "o")
    }

    private func segment(
        _ ledger: inout OffsetLedger, _ partition: Int32, count: Int32, offset: Int64
    ) -> Int32 {
        let segment = ledger.open(partition)
        ledger.seal(segment, count: count, offset: .number(offset))
        return segment
    }

    @Test func `an open segment holds back its own partition only`() {
        var ledger = OffsetLedger()
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        ledger.beginChunk()
        let first = segment(&ledger, a, count: 2, offset: 2)
        let second = segment(&ledger, a, count: 1, offset: 3)
        let other = segment(&ledger, b, count: 1, offset: 9)
        ledger.endChunk()
        ledger.settle(second, 1)
        ledger.settle(other, 1)
        ledger.settle(first, 1)
        var taken = ledger.takeCommittable()
        #expect(taken == [.init(partition: partition(1), offset: .number(9))])
        ledger.settle(first, 1)
        taken = ledger.takeCommittable()
        #expect(taken == [.init(partition: partition(0), offset: .number(3))])
        taken = ledger.takeCommittable()
        #expect(taken.isEmpty)
        #expect(ledger.openRecords == 0 && ledger.segmentCount == 0)
    }

    @Test func `a partition has one number in every spelling, and is stored in the first`() {
        let first = SourcePartition(json: Array("{\"a\":1,\"b\":2}".utf8), offsetKey: "o")
        let second = SourcePartition(json: Array("{\"b\":2,\"a\":1}".utf8), identity: first.json, offsetKey: "o")
        var ledger = OffsetLedger()
        let (a, b) = (ledger.pin(first), ledger.pin(second))
        #expect(a == b)
        let older = segment(&ledger, a, count: 1, offset: 1)
        let newer = segment(&ledger, b, count: 1, offset: 2)
        ledger.settle(newer, 1)
        #expect(ledger.takeCommittable().isEmpty)
        ledger.settle(older, 1)
        let taken = ledger.takeCommittable()
        #expect(taken.map(\.offset) == [.number(2)] && taken.map(\.partition.json) == [first.json])
    }

    @Test func `what could not be stored comes again unless something newer has`() {
        var ledger = OffsetLedger()
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        let first = segment(&ledger, a, count: 1, offset: 1)
        let other = segment(&ledger, b, count: 1, offset: 5)
        ledger.settle(first, 1)
        ledger.settle(other, 1)
        let failed = ledger.takeCommittable()
        let second = segment(&ledger, a, count: 1, offset: 2)
        ledger.settle(second, 1)
        ledger.restore(failed)
        let again = ledger.takeCommittable()
        #expect(
            again == [
                .init(partition: partition(0), offset: .number(2)), .init(partition: partition(1), offset: .number(5)),
            ])
    }

    @Test func `a count that cannot be is refused`() {
        var ledger = OffsetLedger()
        let a = ledger.pin(partition(0))
        let only = segment(&ledger, a, count: 2, offset: 1)
        let answers = [
            ledger.settle(only, 3), ledger.settle(only, -1), ledger.settle(99, 1), ledger.settle(-1, 1),
            ledger.settle(only, 2), ledger.settle(only, 1),
        ]
        #expect(answers == [false, false, false, false, true, false])
    }

    @Test func `a segment that is cut ends before what was not sent`() {
        var ledger = OffsetLedger()
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        ledger.beginChunk()
        let cut = segment(&ledger, a, count: 5, offset: 5)
        let gone = segment(&ledger, b, count: 2, offset: 2)
        ledger.endChunk()
        ledger.settle(cut, 1)
        ledger.cut(cut, removing: 2, offset: .number(3))
        ledger.cut(gone, removing: 2, offset: nil)
        #expect(ledger.openRecords == 2)
        ledger.settle(cut, 2)
        let taken = ledger.takeCommittable()
        #expect(taken == [.init(partition: partition(0), offset: .number(3))])
        let acknowledged = ledger.takeAcknowledged()
        #expect(acknowledged.count == 3)
        #expect(ledger.segmentCount == 0)
    }

    @Test func `records are acknowledged in poll order`() {
        var ledger = OffsetLedger()
        let a = ledger.pin(partition(0))
        var chunks: [Int32] = []
        for number in 1...3 {
            ledger.beginChunk()
            chunks.append(segment(&ledger, a, count: Int32(number), offset: Int64(number)))
            ledger.endChunk()
        }
        ledger.settle(chunks[1], 2)
        var told = ledger.takeAcknowledged().count
        #expect(told == 0)
        ledger.settle(chunks[0], 1)
        told = ledger.takeAcknowledged().count
        #expect(told == 3)
        ledger.settle(chunks[2], 3)
        told = ledger.takeAcknowledged().count
        #expect(told == 3)
    }

    @Test func `records that were left out are told by position, a neighbour's with them`() {
        var ledger = OffsetLedger()
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        var chunks: [(a: Int32, b: Int32)] = []
        for number in 0..<3 {
            ledger.beginChunk()
            let offset = Int64(number)
            chunks.append(
                (segment(&ledger, a, count: 3, offset: offset), segment(&ledger, b, count: 2, offset: offset)))
            ledger.endChunk()
        }
        // As a refused append, which comes after what was found out earlier.
        for position in [4, 2] { ledger.drop(chunks[0].a, at: position) }
        ledger.drop(chunks[1].b, at: 0)
        ledger.settle(chunks[2].a, 3)
        ledger.settle(chunks[2].b, 2)
        ledger.settle(chunks[0].a, 1)
        ledger.settle(chunks[0].b, 2)
        var told = ledger.takeAcknowledged()
        #expect(told.count == 5 && told.dropped == [2..<3, 4..<5])
        ledger.drop(chunks[1].b, at: 1)
        ledger.settle(chunks[1].a, 3)
        told = ledger.takeAcknowledged()
        #expect(told.count == 10 && told.dropped == [0..<2])
        #expect(ledger.openRecords == 0)
    }

    /// Whether the open record is of the partition whose others are left out.
    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `what is left out behind an open record is bounded, and told when that is through`(isSame: Bool) {
        var ledger = OffsetLedger(maximumSegments: 20_000)
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        ledger.beginChunk()
        let open = segment(&ledger, isSame ? b : a, count: 1, offset: 0)
        ledger.endChunk()
        var chunks = 0
        while ledger.hasRoom(for: 1), chunks < 100_000 {
            ledger.beginChunk()
            let bad = segment(&ledger, b, count: 100, offset: Int64(chunks))
            ledger.endChunk()
            // Two runs of them.
            for position in 0..<97 where position != 48 { ledger.drop(bad, at: position) }
            ledger.settle(bad, 4)
            chunks += 1
            if chunks.isMultiple(of: 100) { #expect(ledger.takeAcknowledged() == AcknowledgedRecords()) }
        }
        #expect(chunks == 10_000, "two runs of each")
        ledger.settle(open, 1)
        let told = ledger.takeAcknowledged()
        #expect(told.count == 1 + 100 * chunks && told.dropped.count == 2 * chunks && ledger.hasRoom(for: 1))
        #expect(told.dropped.prefix(3) == [1..<49, 50..<98, 101..<149])
    }

    @Test func `chunks that are through behind an open one are bounded`() {
        var ledger = OffsetLedger(maximumSegments: 10)
        let (a, b) = (ledger.pin(partition(0)), ledger.pin(partition(1)))
        ledger.beginChunk()
        let open = segment(&ledger, a, count: 1, offset: 0)
        ledger.endChunk()
        for number in 1..<10 {
            #expect(ledger.hasRoom(for: 1))
            ledger.beginChunk()
            ledger.settle(segment(&ledger, b, count: 1, offset: Int64(number)), 1)
            ledger.endChunk()
        }
        #expect(!ledger.hasRoom(for: 1) && ledger.segmentCount == 1)
        ledger.settle(open, 1)
        let told = ledger.takeAcknowledged().count
        #expect(told == 10 && ledger.hasRoom(for: 10))
    }

    @Test func `where it is not known which records Kafka did not take, none of their chunk is told as taken`() {
        var ledger = OffsetLedger()
        let a = ledger.pin(partition(0))
        var chunks: [Int32] = []
        for number in 1...3 {
            ledger.beginChunk()
            chunks.append(segment(&ledger, a, count: 4, offset: Int64(number)))
            ledger.endChunk()
        }
        ledger.drop(chunks[1], at: 0)
        let answers = [
            ledger.dropUnplaced(chunks[1], 1), ledger.dropUnplaced(chunks[2], 9), ledger.dropUnplaced(-1, 1),
            ledger.drop(99, at: 0),
        ]
        #expect(answers == [true, false, false, false])
        ledger.settle(chunks[1], 2)
        ledger.settle(chunks[2], 4)
        ledger.settle(chunks[0], 4)
        let told = ledger.takeAcknowledged()
        #expect(told.count == 12 && told.dropped == [4..<8])
    }

    @Test func `acknowledged records are counted on, and what was left out of them grows together`() {
        var owed = AcknowledgedRecords()
        owed.count = 3
        owed.drop(0..<0)
        #expect(owed.dropped == [])
        owed.drop(0..<2)
        owed.count += 2
        var more = AcknowledgedRecords()
        more.drop(0..<1)
        more.drop(2..<3)
        more.count = 4
        owed.append(more)
        #expect(owed.count == 9 && owed.dropped == [3..<6, 7..<8])
    }

    @Test func `a partition that no table names is forgotten once nothing of it is left`() {
        var ledger = OffsetLedger()
        let a = ledger.pin(partition(0))
        let only = segment(&ledger, a, count: 1, offset: 1)
        ledger.unpin(a)
        ledger.settle(only, 1)
        let taken = ledger.takeCommittable()
        #expect(taken == [.init(partition: partition(0), offset: .number(1))])
        // Its number is free for another one.
        let next = ledger.pin(partition(7))
        #expect(next == a)
    }

    @Test func `room is bounded`() {
        var ledger = OffsetLedger(maximumSegments: 3)
        let a = ledger.pin(partition(0))
        let first = segment(&ledger, a, count: 1, offset: 1)
        _ = segment(&ledger, a, count: 1, offset: 2)
        #expect(ledger.hasRoom(for: 1) && !ledger.hasRoom(for: 2))
        ledger.settle(first, 1)
        #expect(ledger.hasRoom(for: 2))
    }

    @Test func `it agrees with a naive model over hundreds of histories`() {
        for seed in UInt64(0)..<400 {
            let violation = LedgerHistory(seed: seed, bug: nil).violation()
            #expect(violation == nil, "seed \(seed)")
        }
    }

    @Test(arguments: LedgerHistory.Bug.allCases)
    func `a planted bug is found within a hundred seeds`(bug: LedgerHistory.Bug) {
        let found = (UInt64(0)..<100).first { LedgerHistory(seed: $0, bug: bug).violation() != nil }
        #expect(found != nil)
    }

    @Test func `the same seed gives the same answers`() {
        #expect(LedgerHistory(seed: 42, bug: nil).digest() == LedgerHistory(seed: 42, bug: nil).digest())
        #expect(LedgerHistory(seed: 42, bug: nil).digest() == 0xCBBE31ABE2201514)
    }
}
