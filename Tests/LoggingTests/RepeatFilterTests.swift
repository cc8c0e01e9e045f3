import Testing

@testable import Logging

struct RepeatFilterTests {
    private static let second: UInt64 = 1_000_000_000

    private func event(
        _ message: String = "disk full", _ fields: [LogField] = [], level: LogLevel = .error, at second: Int64 = 0
    ) -> LogEvent {
        LogEvent(
            wallMilliseconds: second * 1000, level: level, logger: "connect.task", message: message, fields: fields)
    }

    @Test func `the first few are written, the rest is told once a window with its count`() {
        var filter = RepeatFilter(burst: 2)
        for number in 0..<59 {
            let written = filter.admit(event(at: Int64(number)), now: UInt64(number) * Self.second)
            #expect(written == (number < 2 ? [event(at: Int64(number))] : []), "\(number)")
        }
        #expect(filter.due(now: 60 * Self.second - 1, wall: 0) == [])
        let told = filter.due(now: 60 * Self.second, wall: 60_000)
        #expect(
            told == [event("disk full (repeated 57 times in 60 s)", [LogField("repeated", 57)], at: 60)])
        #expect(filter.due(now: 60 * Self.second, wall: 60_000) == [])
    }

    @Test func `a flood that goes on is one line a window, and afterwards all is forgotten`() {
        var filter = RepeatFilter(burst: 1)
        _ = filter.admit(event(), now: 0)
        _ = filter.admit(event(), now: 1)
        // The next event brings the count along where nobody asked for it.
        let next = filter.admit(event(at: 61), now: 61 * Self.second)
        #expect(next.map(\.message) == ["disk full (repeated once more in 61 s)"])
        #expect(
            filter.due(now: 121 * Self.second, wall: 0).map(\.message) == ["disk full (repeated once more in 60 s)"])
        #expect(filter.due(now: 181 * Self.second, wall: 0) == [])
        #expect(filter.admit(event(at: 200), now: 200 * Self.second) == [event(at: 200)], "a new beginning")
    }

    @Test func `what differs in anything is told apart`() {
        var filter = RepeatFilter(burst: 1)
        let kinds = [
            event(), event("other"), event(level: .warn), event("disk full", [.task("a-0")]),
            event("disk full", [.task("a-1")]),
        ]
        for kind in kinds { #expect(filter.admit(kind, now: 0) == [kind]) }
        for kind in kinds { #expect(filter.admit(kind, now: 1) == []) }
        #expect(filter.drain(now: Self.second, wall: 0).count == kinds.count)
        #expect(filter.drain(now: Self.second, wall: 0) == [])
    }

    @Test(arguments: [LogLevel.fatal, .info, .debug, .trace])
    func `only warnings and errors are counted`(level: LogLevel) {
        var filter = RepeatFilter(burst: 1)
        for _ in 0..<3 { #expect(filter.admit(event(level: level), now: 0) == [event(level: level)]) }
    }

    @Test func `of too many kinds the first is told and forgotten`() {
        var filter = RepeatFilter(burst: 1, maximumKinds: 2)
        for name in ["a", "a", "b"] { _ = filter.admit(event(name), now: 0) }
        #expect(filter.admit(event("c"), now: 1).map(\.message) == ["a (repeated once more in 1 s)", "c"])
        #expect(filter.admit(event("d"), now: 1).map(\.message) == ["d"], "b was not repeated")
        #expect(filter.admit(event("c"), now: 1) == [])
    }

    @Test func `a registry writes through it`() {
        let sink = MemorySink()
        let registry = LogRegistry(sinks: [sink], limitsRepeats: true)
        let logger = Logger("a", in: registry)
        for _ in 0..<9 { logger.error("no") }
        #expect(sink.events.count == 5)
        registry.writeRepeats()
        #expect(sink.events.count == 5, "the window is not over")
        registry.writeRepeats(atEnd: true)
        #expect(sink.events.last?.value(of: "repeated") == "4")
        let plain = LogRegistry(sinks: [sink])
        for _ in 0..<9 { Logger("a", in: plain).error("no") }
        #expect(sink.events.count == 15)
    }
}
