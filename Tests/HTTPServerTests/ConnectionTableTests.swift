import Testing

@testable import HTTPServer

struct ConnectionTableTests {
    private func table(capacity: Int = 16) -> ConnectionTable {
        ConnectionTable(requestTime: 30, responseTime: 100, capacity: capacity)
    }

    @Test func `the first request's time counts from the opening`() {
        var table = table()
        #expect(table.opened(7, now: 1000) == nil)
        table.requestLineRead(7, now: 1029)
        #expect(table.nextDeadline == 1030)
        #expect(table.expired(now: 1029) == [])
        #expect(table.expired(now: 1030) == [7])
        #expect(table.expired(now: 1031) == [])
        #expect(!table.isEmpty)
        table.closed(7)
        #expect(table.isEmpty)
    }

    @Test func `connections whose client has gone are found among those without a whole request`() {
        var table = table()
        for descriptor: Int32 in 1...4 { _ = table.opened(descriptor, now: 0) }
        table.requestLineRead(2, now: 1)
        table.requestLineRead(3, now: 1)
        table.requestRead(3)
        #expect(table.abandoned { $0 != 4 } == [1, 2])
        #expect(table.abandoned { $0 != 4 } == [])
        #expect(table.waiting == [3])
        #expect(table.evict(now: 1) == 4)
        #expect(table.evict(now: 1) == nil)
    }

    @Test func `a client that takes nothing of its answer makes room where nobody else does`() {
        var table = ConnectionTable(requestTime: 30, responseTime: 100, stallTime: 10, capacity: 16)
        for descriptor: Int32 in 1...4 {
            _ = table.opened(descriptor, now: 0)
            table.requestRead(descriptor)
        }
        for descriptor: Int32 in 1...3 { table.answerBegun(descriptor, now: UInt64(descriptor)) }
        table.answerTaken(1, now: 5)
        #expect(table.evict(now: 11) == nil)
        #expect(table.evict(now: 14) == 2)
        #expect(table.evict(now: 14) == 3)
        #expect(table.evict(now: 14) == nil)
        _ = table.opened(5, now: 14)
        #expect(table.evict(now: 20) == 5)
        #expect(table.evict(now: 20) == 1)
        #expect(table.evict(now: 1000) == nil)
    }

    @Test func `there are no more connections than descriptors for them`() {
        let limits = HTTPLimits()
        #expect(limits.fitting(descriptors: 48, listeners: 1).connections == 16)
        #expect(limits.fitting(descriptors: 48, listeners: 2).connections == 8)
        #expect(limits.fitting(descriptors: 10, listeners: 1).connections == HTTPLimits.fewestConnections)
        #expect(limits.fitting(descriptors: .max, listeners: 0) == limits)
    }

    @Test func `a later request's time counts from its request line`() {
        var table = table()
        _ = table.opened(7, now: 0)
        table.requestLineRead(7, now: 1)
        table.requestRead(7)
        table.answerBegun(7, now: 5)
        table.answered(7, now: 10)
        #expect(table.nextDeadline == 40)
        table.requestLineRead(7, now: 39)
        #expect(table.nextDeadline == 69)
    }

    @Test func `waiting for the handler has no limit, taking the answer has its own`() {
        var table = table()
        _ = table.opened(7, now: 0)
        table.requestLineRead(7, now: 1)
        table.requestRead(7)
        #expect(table.nextDeadline == nil)
        #expect(table.expired(now: .max - 1) == [])
        table.answerBegun(7, now: 1000)
        #expect(table.nextDeadline == 1100)
    }

    @Test func `near the capacity the oldest connection without a whole request makes room`() {
        var table = table(capacity: 4)
        #expect(table.opened(9, now: 0) == nil)
        table.requestRead(9)
        #expect(table.opened(3, now: 2) == nil)
        #expect(table.opened(5, now: 1) == nil)
        #expect(table.opened(8, now: 3) == 5)
        #expect(table.opened(10, now: 3) == 3)
        table.closed(5)
        table.closed(3)
        #expect(table.opened(5, now: 4) == 8)
    }

    @Test func `a descriptor that comes again starts anew`() {
        var table = table()
        _ = table.opened(7, now: 0)
        table.answered(7, now: 1)
        _ = table.opened(7, now: 50)
        #expect(table.count == 1)
        table.requestLineRead(7, now: 60)
        #expect(table.nextDeadline == 80)
    }

    @Test func `unknown descriptors are ignored and deadlines do not wrap`() {
        var table = ConnectionTable(requestTime: .max, responseTime: .max, capacity: 1)
        table.requestLineRead(1, now: 5)
        table.closed(1)
        #expect(table.phase(of: 1) == nil)
        _ = table.opened(1, now: 10)
        #expect(table.nextDeadline == nil)
        #expect(table.phase(of: 1) == .idle)
    }

    @Test func `at the end those that rest are cut, and those that just came have a moment for their request`() {
        var table = table()
        for descriptor in [Int32(1), 2, 3] { _ = table.opened(descriptor, now: 0) }
        table.requestLineRead(2, now: 1)
        table.answered(1, now: 2)
        #expect(table.ending(now: 3, newcomerTime: 4) == [1])
        #expect(table.expired(now: 6) == [])
        #expect(table.expired(now: 7) == [3])
    }
}
