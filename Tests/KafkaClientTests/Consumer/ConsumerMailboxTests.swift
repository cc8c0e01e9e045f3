@testable import KafkaClient
import Testing

private struct Piece: MailboxChunk, Equatable {
    let partition: TopicPartition
    var byteCount: Int
    func divided(limit: Int) -> (taken: Piece, rest: Piece?) {
        (Piece(partition: partition, byteCount: limit), Piece(partition: partition, byteCount: byteCount - limit))
    }
}

@Suite struct ConsumerMailboxTests {
    private let a = partition("a", 0)
    private let b = partition("b", 0)

    private func beginnings(_ ids: [TopicPartition]) -> ConsumerMachine.Event {
        .assigned(ids.map { ConsumerMachine.Beginning(partition: $0, offset: 0) })
    }

    @Test func `wakes once for each time it stops being empty`() throws {
        var box = ConsumerMailbox<Piece>()
        #expect(box.append(Piece(partition: a, byteCount: 1)) == true)
        #expect(box.append(Piece(partition: b, byteCount: 1)) == false)
        _ = box.next(maximumBytes: 10)
        #expect(box.append(Piece(partition: a, byteCount: 1)) == false)
        _ = box.next(maximumBytes: 10)
        _ = box.next(maximumBytes: 10)
        #expect(box.next(maximumBytes: 10) == nil)
        #expect(box.append(Piece(partition: a, byteCount: 1)) == true)
    }

    @Test func `events pass chunks for who asks for events only, and each of them wakes`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(Piece(partition: a, byteCount: 1))
        #expect(box.append(commit: 1, .committed) == true)
        guard case .committed? = box.next(maximumBytes: 10, skipsChunks: true) else { throw Missing() }
        #expect(box.next(maximumBytes: 10, skipsChunks: true) == nil)
        #expect(box.hasDeliverable)
    }

    @Test func `chunks of paused partitions wait, others pass them, and a resume wakes`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(Piece(partition: a, byteCount: 1))
        #expect(box.setPaused(true, [a]) == false)
        #expect(!box.hasDeliverable)
        #expect(box.append(Piece(partition: b, byteCount: 2)) == true)
        guard case .chunk(let first)? = box.next(maximumBytes: 10) else { throw Missing() }
        #expect(first.partition == b)
        #expect(box.next(maximumBytes: 10) == nil)
        #expect(box.setPaused(false, [a]) == true)
        guard case .chunk(let second)? = box.next(maximumBytes: 10) else { throw Missing() }
        #expect(second.partition == a)
    }

    @Test func `a large chunk is handed out in parts, in order`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(Piece(partition: a, byteCount: 25))
        var sizes: [Int] = []
        while case .chunk(let piece)? = box.next(maximumBytes: 10) { sizes.append(piece.byteCount) }
        #expect(sizes == [10, 10, 5])
    }

    @Test func `an assignment that was not seen is withdrawn with the partitions`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(beginnings([a, b]), losses: 0)
        #expect(box.append(.revoking([a]), losses: 0).isUnknown)
        guard case .event(.assigned(let left))? = box.next(maximumBytes: 1) else { throw Missing() }
        #expect(left.map(\.partition) == [b])
        #expect(box.next(maximumBytes: 1) == nil)
        #expect(!box.append(.revoking([b]), losses: 0).isUnknown)
    }

    @Test func `the application knows of a loss when it has polled it, and has dealt with it at the next poll`() throws
    {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(beginnings([a]), losses: 0)
        _ = box.next(maximumBytes: 1)
        _ = box.append(.lost([a]), losses: 1)
        #expect(box.losses == 0)
        _ = box.next(maximumBytes: 1)
        #expect(box.losses == 1)
        #expect(box.takeLossHandled() == true)
        #expect(box.takeLossHandled() == false)
    }

    @Test func `a loss that is withdrawn still counts, but not before an earlier one was polled`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(beginnings([a]), losses: 0)
        _ = box.next(maximumBytes: 1)
        _ = box.append(.lost([a]), losses: 1)
        _ = box.append(beginnings([a]), losses: 1)
        #expect(box.append(.lost([a]), losses: 2).isUnknown)
        #expect(box.losses == 0)
        _ = box.next(maximumBytes: 1)
        #expect(box.losses == 2)
    }

    @Test func `dropped partitions leave nothing behind`() throws {
        var box = ConsumerMailbox<Piece>()
        _ = box.append(Piece(partition: a, byteCount: 1))
        _ = box.append(Piece(partition: b, byteCount: 1))
        box.drop([a])
        guard case .chunk(let piece)? = box.next(maximumBytes: 10) else { throw Missing() }
        #expect(piece.partition == b)
        #expect(box.next(maximumBytes: 10) == nil)
    }
}
