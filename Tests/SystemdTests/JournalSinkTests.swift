import Glibc
import Logging
import Synchronization
import Testing

@testable import Systemd

struct JournalSinkTests {
    private final class MemorySink: LogSink {
        let events = Mutex<[LogEvent]>([])

        func write(_ event: LogEvent) { events.withLock { $0.append(event) } }
    }

    private final class Entries: Sendable {
        let kept = Mutex<[[String]]>([])
    }

    private let event = LogEvent(
        wallMilliseconds: 0, level: .error, logger: "connect.task", message: "cannot\nwrite",
        fields: [
            .connector("orders"), .task("orders-1"), .worker("a:8083"), .errorCode("task.failed"),
            LogField("kafka topic", "t=1"), LogField("_pid", "1"), LogField("9", "x"),
        ])

    @Test func `an event becomes one entry with the fields that operators select by`() {
        let entries = Entries()
        let fallback = MemorySink()
        let sink = JournalSink(identifier: "kafka-connect", fallback: fallback) { fields in
            entries.kept.withLock { $0.append(fields.map { String(decoding: $0, as: UTF8.self) }) }
            return 0
        }
        sink.write(event)
        #expect(
            entries.kept.withLock { $0 } == [
                [
                    "MESSAGE=cannot\nwrite", "PRIORITY=3", "SYSLOG_IDENTIFIER=kafka-connect", "LOGGER=connect.task",
                    "CONNECTOR=orders", "TASK=orders-1", "WORKER=a:8083", "ERROR_CODE=task.failed", "KAFKA_TOPIC=t=1",
                ]
            ])
        #expect(fallback.events.withLock { $0.isEmpty })
    }

    @Test(
        arguments: [
            ("offset", "OFFSET"), ("log_start", "LOG_START"), ("a-b.c d", "A_B_C_D"), ("2nd", nil), ("_private", nil),
            ("", nil), ("ü", nil), ("größe", "GR____E"), ("a=b\nc", "A_B_C"),
            (String(repeating: "k", count: 65), String(repeating: "K", count: 64)),
        ] as [(String, String?)])
    func `the journal gets no name that it would refuse the whole entry for`(key: String, name: String?) {
        let event = LogEvent(
            wallMilliseconds: 0, level: .info, logger: "a", message: "m", fields: [LogField(key, "v")])
        let fields = JournalSink().fields(of: event).dropFirst(4)
        #expect(fields.map { $0.name } == (name.map { [$0] } ?? []) && fields.allSatisfy { $0.value == "v" })
    }

    @Test func `the names that operators select by stay the same`() {
        let fields: [LogField] = [
            .connector("c"), .task("c-0"), .worker("w"), .errorCode("e"), LogField(LogField.repeatedKey, 2),
        ]
        #expect(fields.map(\.key) == ["connector", "task", "worker", "error_code", "repeated"])
    }

    @Test func `a task alone names its connector too`() {
        let sink = JournalSink()
        let event = LogEvent(
            wallMilliseconds: 0, level: .info, logger: "a", message: "m", fields: [.task("my-file-12")])
        #expect(sink.fields(of: event).contains { $0 == ("CONNECTOR", "my-file") })
    }

    @Test func `what the journal refuses goes to the fallback`() {
        let fallback = MemorySink()
        let sink = JournalSink(identifier: "x", fallback: fallback) { _ in -ENOENT }
        sink.write(event)
        #expect(fallback.events.withLock { $0 } == [event])
    }

    @Test func `a journal that does not read holds up nobody`() throws {
        var ends: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        let descriptor = ends[1]
        let journal = JournalSink(identifier: "x", fallback: MemorySink()) { fields in
            // Waits where the socket is full, as the library's own call does.
            Int32(clamping: send(descriptor, fields[0].baseAddress, fields[0].count, 0))
        }
        let sink = QueuedSink(journal)
        // A datagram socket keeps a few hundred at most.
        for number in 0..<2000 {
            sink.write(
                LogEvent(wallMilliseconds: 0, level: .info, logger: "a", message: "\(number)", fields: []))
        }
        #expect(!sink.flush(milliseconds: 1))
        var buffer = [UInt8](repeating: 0, count: 64)
        for number in 0..<2000 {
            let count = recv(ends[0], &buffer, buffer.count, 0)
            guard String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self) == "MESSAGE=\(number)" else {
                Issue.record("not in order at \(number)")
                break
            }
        }
        #expect(sink.flush(milliseconds: 60_000))
    }

    @Test(arguments: [
        (LogLevel.fatal, 2), (.error, 3), (.warn, 4), (.info, 6), (.debug, 7), (.trace, 7),
    ])
    func `levels are syslog's priorities`(level: LogLevel, priority: Int) {
        let event = LogEvent(wallMilliseconds: 0, level: level, logger: "a", message: "m", fields: [])
        #expect(JournalSink().fields(of: event)[1] == ("PRIORITY", String(priority)))
    }
}
