import Glibc
import Synchronization
import Testing

@testable import Logging

struct QueuedSinkTests {
    /// A reader that reads when the test lets it.
    private final class Reader: LogSink {
        private struct State {
            var isReading = false
            var asked = 0
            var events: [LogEvent] = []
        }

        private let state = Mutex(State())

        var messages: [String] { state.withLock { $0.events.map(\.message) } }

        func write(_ event: LogEvent) {
            state.withLock { $0.asked += 1 }
            while !state.withLock({ $0.isReading }) { usleep(200) }
            state.withLock { $0.events.append(event) }
        }

        func read() { state.withLock { $0.isReading = true } }

        func isAsked() -> Bool {
            for _ in 0..<100_000 where state.withLock({ $0.asked }) == 0 { usleep(200) }
            return state.withLock { $0.asked } > 0
        }
    }

    private let reader = Reader()

    private func event(_ message: String, level: LogLevel = .info) -> LogEvent {
        LogEvent(wallMilliseconds: 0, level: level, logger: "a", message: message, fields: [])
    }

    @Test func `a reader that does not read holds up nobody, and gets everything in order afterwards`() {
        let sink = QueuedSink(reader)
        for number in 0..<1000 { sink.write(event("\(number)")) }
        #expect(reader.isAsked())
        #expect(reader.messages.isEmpty)
        #expect(!sink.flush(milliseconds: 1))
        reader.read()
        #expect(sink.flush(milliseconds: 60_000))
        #expect(reader.messages == (0..<1000).map { "\($0)" })
    }

    @Test func `what finds no room is counted and told at its place, and why the worker ends is never lost`() {
        let sink = QueuedSink(reader, limit: 1000)
        sink.write(event("first"))
        #expect(reader.isAsked())
        // Each takes its five letters and what an event takes beside them.
        for number in 10_000..<10_100 { sink.write(event("\(number)")) }
        sink.write(event("the end", level: .fatal))
        for _ in 0..<3 { sink.write(event("more")) }
        reader.read()
        #expect(sink.flush(milliseconds: 60_000))
        let told = { (count: Int) in "\(count) log events were lost here: what reads the log was not fast enough" }
        #expect(
            reader.messages == ["first"] + (10_000..<10_006).map { "\($0)" } + [told(94), "the end", told(3)])
        sink.write(event("and on"))
        #expect(sink.flush(milliseconds: 60_000))
        #expect(reader.messages.last == "and on")
    }

    @Test func `an event that is longer than the limit goes alone`() {
        let sink = QueuedSink(reader, limit: 10)
        sink.write(event("longer than ten bytes"))
        #expect(reader.isAsked())
        sink.write(event("x"))
        reader.read()
        #expect(sink.flush(milliseconds: 60_000))
        #expect(reader.messages.count == 2 && reader.messages[1].hasPrefix("1 log events were lost"))
    }

    @Test func `nothing that waits is no reason to wait`() { #expect(QueuedSink(reader).flush(milliseconds: 0)) }

    @Test func `a pipe that nobody reads holds up no logger`() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let sink = QueuedSink(TextSink(descriptor: ends[1]))
        let registry = LogRegistry(sinks: [sink])
        let logger = Logger("a", in: registry)
        // More than a pipe takes.
        let text = String(repeating: "x", count: 1000)
        for number in 0..<200 { logger.info("\(number) \(text)") }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count(where: { $0 == UInt8(ascii: "\n") }) < 200 {
            let count = read(ends[0], &buffer, buffer.count)
            try #require(count > 0)
            bytes += buffer.prefix(count)
        }
        registry.flush(milliseconds: 60_000)
        let numbers = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { $0.split(separator: " ")[2] }
        #expect(numbers == (0..<200).map { "\($0)" })
        for end in ends { close(end) }
    }
}
