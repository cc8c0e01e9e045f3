import ConnectModel
import Testing

@testable import TaskRuntime

@Suite struct SendWatchTests {
    private static let second: UInt64 = 1_000_000_000
    private var watch = SendWatch()

    private mutating func update(
        _ time: UInt64, isWaiting: Bool = true, hasProgress: Bool = false, missing: MissingPlace? = nil
    ) -> [SendWatch.News] {
        watch.update(
            now: time * Self.second, isWaiting: isWaiting, hasProgress: hasProgress, missing: missing)
    }

    @Test mutating func `silence is told once after half a minute, and its end once`() {
        #expect(update(0) == [])
        #expect(watch.nextDeadline == 30 * Self.second)
        #expect(update(29) == [])
        #expect(update(30) == [.silent(30 * Self.second)])
        #expect(watch.nextDeadline == .max)
        #expect(update(90) == [])
        #expect(update(95, hasProgress: true) == [.goesOn(95 * Self.second)])
        #expect(update(96, hasProgress: true) == [])
        #expect(update(126) == [.silent(30 * Self.second)])
    }

    @Test mutating func `a task without records on their way is not silent`() {
        #expect(update(0, isWaiting: false) == [])
        #expect(update(100, isWaiting: false) == [])
        #expect(update(100) == [])
        #expect(watch.nextDeadline == 130 * Self.second)
        #expect(update(101, isWaiting: false, hasProgress: true) == [])
        #expect(watch.nextDeadline == .max)
    }

    @Test mutating func `a topic that does not appear is told once after a minute, by its name`() {
        #expect(update(0, missing: .topic("a")) == [])
        #expect(watch.nextDeadline == 60 * Self.second)
        #expect(update(59, missing: .topic("a")) == [])
        #expect(update(60, missing: .topic("a")) == [.missing(.topic("a"), 60 * Self.second)])
        #expect(update(200, missing: .topic("a")) == [])
        #expect(update(200, missing: .topic("b")) == [])
        #expect(update(260, missing: .topic("b")) == [.missing(.topic("b"), 60 * Self.second)])
        #expect(update(261) == [])
        #expect(update(262, missing: .topic("b")) == [])
        #expect(watch.nextDeadline == 322 * Self.second)
    }

    @Test mutating func `a partition that does not appear is told before its records are refused`() {
        let place = MissingPlace.partition(7, of: "a", count: 3)
        #expect(update(0, missing: place) == [])
        #expect(watch.nextDeadline == 30 * Self.second)
        #expect(update(30, missing: place) == [.missing(place, 30 * Self.second)])
        #expect(watch.nextDeadline == .max)
        #expect(update(31, missing: .partition(8, of: "a", count: 3)) == [])
        #expect(watch.nextDeadline == 61 * Self.second)
    }
}
