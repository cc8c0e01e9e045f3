import Testing

@testable import Logging

struct LogRegistryTests {
    private let sink = MemorySink()
    private let registry: LogRegistry

    init() { registry = LogRegistry(sinks: [sink]) }

    @Test func `levels are inherited by dotted prefix`() {
        let child = Logger("kafka.client.producer", in: registry)
        let sibling = Logger("kafka.clients", in: registry)
        registry.configure(root: .warn, levels: ["kafka.client": .debug])
        #expect(child.isEnabled(.debug) && !child.isEnabled(.trace))
        #expect(sibling.isEnabled(.warn) && !sibling.isEnabled(.info))
        #expect(Logger("kafka.client", in: registry).isEnabled(.debug))
    }

    @Test func `a message below the level is never built`() {
        let logger = Logger("connect.herder", in: registry)
        var built = 0
        func text() -> String {
            built += 1
            return "text"
        }
        logger.debug(text())
        #expect(built == 0)
        logger.info(text(), [.connector("orders")])
        #expect(built == 1)
        #expect(sink.events.map(\.message) == ["text"])
        #expect(sink.events.first?.value(of: "connector") == "orders")
        #expect(sink.events.first?.logger == "connect.herder")
    }

    @Test func `OFF silences and ALL lets everything through`() {
        let logger = Logger("a", in: registry)
        registry.configure(root: .off)
        logger.fatal("lost")
        registry.configure(root: .all)
        logger.trace("seen")
        #expect(sink.events.map(\.message) == ["seen"])
    }

    @Test func `a configuration that is read again changes what it says otherwise, and nothing else`() {
        registry.configure(root: .info, levels: ["a": .debug, "b": .warn])
        registry.setLevel(.trace, for: "b", at: 7)
        let before = (root: LogLevel.info, levels: ["a": LogLevel.debug, "b": .warn])
        #expect(registry.reconfigure(root: .info, levels: before.levels, before: before) == [])
        #expect(registry.level(of: "b")?.level == .trace, "set by a client, and the same in the file as before")
        #expect(
            registry.reconfigure(root: .warn, levels: ["b": .warn, "c": .error], before: before) == ["a", "c", "root"])
        #expect(Logger("a", in: registry).isEnabled(.warn) && !Logger("a", in: registry).isEnabled(.info))
        #expect(registry.level(of: "c")?.level == .error)
        #expect(registry.loggers().map(\.name) == ["b", "c", "root"])
    }

    @Test func `the root is the root in any case, also when it is read again`() {
        registry.configure(root: .info, levels: ["ROOT": .warn])
        #expect(registry.level(of: "root")?.level == .warn)
        let before = (root: LogLevel.info, levels: ["ROOT": LogLevel.warn])
        #expect(registry.reconfigure(root: .info, levels: ["Root": .warn], before: before) == [], "the same")
        #expect(registry.reconfigure(root: .debug, levels: ["ROOT": .warn], before: before) == [], "it gives way")
        #expect(registry.level(of: "root")?.level == .warn)
        #expect(registry.reconfigure(root: .debug, levels: ["ROOT": .error], before: before) == ["root"])
        #expect(registry.level(of: "root")?.level == .error)
        let now = (root: LogLevel.debug, levels: ["ROOT": LogLevel.error])
        #expect(registry.reconfigure(root: .debug, levels: [:], before: now) == ["root"])
        #expect(registry.level(of: "root")?.level == .debug, "it has always one")
        #expect(registry.loggers().map(\.name) == ["root"])
    }

    @Test func `setLevel affects every logger with the plain prefix`() {
        for name in ["connect.file", "connect.file.Source", "connect.fileother", "connect.x"] {
            _ = Logger(name, in: registry)
        }
        #expect(
            registry.setLevel(.trace, for: "connect.file", at: 7)
                == ["connect.file", "connect.file.Source", "connect.fileother"])
        // What inherits the new level gets none of its own.
        #expect(
            registry.loggers() == [
                .init(name: "connect.file", level: .trace, lastModified: 7),
                .init(name: "connect.fileother", level: .trace, lastModified: 7),
                .init(name: "root", level: .info, lastModified: nil),
            ])
        #expect(
            registry.level(of: "connect.file.Source")
                == .init(
                    name: "connect.file.Source", level: .trace, lastModified: nil))
        #expect(registry.level(of: "connect.x")?.level == .info)
    }

    @Test func `setLevel to the level that holds keeps the time of change`() {
        let logger = Logger("a.b", in: registry)
        registry.setLevel(.debug, for: "a.b", at: 1)
        #expect(registry.setLevel(.debug, for: "a.b", at: 2) == ["a.b"])
        #expect(registry.level(of: "a.b")?.lastModified == 1)
        registry.setLevel(.error, for: "a.b", at: 3)
        #expect(registry.level(of: "a.b")?.lastModified == 3)
        #expect(logger.isEnabled(.error) && !logger.isEnabled(.warn))
    }

    @Test func `setLevel creates a logger that is missing`() {
        #expect(registry.level(of: "new") == nil)
        #expect(registry.setLevel(.info, for: "new", at: 1) == ["new"])
        #expect(registry.level(of: "new") == .init(name: "new", level: .info, lastModified: nil))
    }

    @Test func `names that clients make up are bounded in number and in length`() {
        #expect(registry.changeLevel(to: .warn, for: "l.0", at: 1)?.names == ["l.0"])
        for number in 1..<LogRegistry.maximumLoggers { _ = Logger("l.\(number)", in: registry) }
        #expect(!registry.takes("new") && registry.takes("l.1") && registry.takes("ROOT"))
        #expect(registry.changeLevel(to: .warn, for: "new", at: 1) == nil)
        #expect(registry.level(of: "new") == nil)
        let all = registry.changeLevel(to: .warn, for: "l", at: 1)
        #expect(all == nil, "l itself would be new")
        let root = registry.changeLevel(to: .warn, for: "root", at: 1)
        #expect(root?.names.count == LogRegistry.maximumLoggers + 1)
        #expect(root?.changed.count == LogRegistry.maximumLoggers, "all but l.0")
        // The code's own loggers are made in any case.
        #expect(Logger("code", in: registry).isEnabled(.warn))
        let other = LogRegistry(sinks: [])
        #expect(other.takes(String(repeating: "n", count: 255)) && !other.takes(String(repeating: "n", count: 256)))
    }

    @Test func `of the loggers that a change names those are told whose level was another one`() {
        for name in ["a.b", "a.c", "a.c.d", "b"] { _ = Logger(name, in: registry) }
        registry.setLevel(.debug, for: "a.c", at: 1)
        let change = registry.changeLevel(to: .debug, for: "a", at: 2)
        #expect(change?.names == ["a", "a.b", "a.c", "a.c.d"] && change?.changed == ["a", "a.b"])
    }

    @Test func `root affects every logger and its case is ignored`() {
        let logger = Logger("a", in: registry)
        registry.setLevel(.debug, for: "a", at: 1)
        #expect(registry.setLevel(.warn, for: "ROOT", at: 2) == ["a", "root"])
        #expect(!logger.isEnabled(.info))
        #expect(registry.level(of: "Root") == .init(name: "root", level: .warn, lastModified: 2))
    }

    @Test func `secrets are hidden in messages and in fields`() {
        registry.redactor.register("hunter22")
        Logger("a", in: registry).info("login hunter22 failed", [LogField("url", "http://u:hunter22@host")])
        #expect(sink.events.first?.message == "login [hidden] failed")
        #expect(sink.events.first?.value(of: "url") == "http://u:[hidden]@host")
    }

    @Test func `a text beyond the limit is cut and says so`() {
        registry.redactor.register("secret-secret")
        let message = String(repeating: "x", count: LogRegistry.maximumTextLength - 4) + "secret-secret" + "yyyyyyy"
        Logger("a", in: registry).info(message)
        let written = sink.events.first?.message ?? ""
        #expect(written.hasSuffix("x[hid… (11 bytes left out)"))
    }

    @Test func `a flood of one kind is written once an interval with its count`() {
        let logger = Logger("a", in: registry)
        var limiter = RepeatLimiter(interval: 10)
        for now in UInt64(0)...10 { logger.log(.error, limitedBy: &limiter, kind: "x", now: now, "failed") }
        #expect(sink.events.count == 2)
        #expect(sink.events.first?.fields == [])
        #expect(sink.events.last?.fields == [LogField("repeated", 9)])
    }

    @Test(arguments: LogLevel.allCases) func `level names are Kafka's, in any case`(level: LogLevel) {
        #expect(LogLevel(name: level.name.lowercased()) == level)
        #expect(LogLevel(name: level.name + " ") == nil)
    }
}
