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

    @Test(arguments: [
        (LogLevel.fatal, 2), (.error, 3), (.warn, 4), (.info, 6), (.debug, 7), (.trace, 7),
    ])
    func `levels are syslog's priorities`(level: LogLevel, priority: Int) {
        let event = LogEvent(wallMilliseconds: 0, level: level, logger: "a", message: "m", fields: [])
        #expect(JournalSink().fields(of: event)[1] == ("PRIORITY", String(priority)))
    }
}
