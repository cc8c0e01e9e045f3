import EventLoop
import Foundation
import Glibc
import KafkaProtocol
import Synchronization
import Testing

@testable import KafkaClient

/// Logs on a real broker of Apache's release.
@Suite(
    .serialized, .timeLimit(.minutes(4)),
    .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"))
struct TopicLogInteropTests {
    @Test func `a log reads its own writes, and a second reader all of them, over a broker's death`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        try await create(bench, "log", partitions: 3)
        let log = try await TestLog(bench, "log")
        #expect(try await log.start().get() == 3)
        for number in 0..<20 {
            #expect(await log.append(["key-\(number)": "\(number)"]) == nil)
        }
        #expect(await log.append(["key-3": nil]) == nil)
        #expect(await log.readToEnd() == nil)
        #expect(log.table.count == 20)
        #expect(log.table["key-3"] == .some(nil))
        #expect(log.table["key-19"] == "19")
        let partitions = Set(log.seen.map(\.partition))
        #expect(partitions == [0, 1, 2])
        for record in log.seen {
            let key = record.key ?? []
            #expect(record.partition == key.withUnsafeBytes { KafkaProtocol.partition(forKey: $0, among: 3) })
        }

        try broker.kill()
        // Given while nobody answers: they wait, and so does the question behind them.
        async let appended = log.append(["late": "1"])
        async let ended = log.readToEnd()
        try broker.restart()
        #expect(await appended == nil)
        #expect(await ended == nil)
        #expect(log.table["late"] == "1")

        let other = try await TestLog(bench, "log")
        #expect(try await other.start().get() == 3)
        #expect(other.table == log.table)
        #expect(await other.append(["from-other": "2"]) == nil)
        #expect(await log.readToEnd() == nil)
        #expect(log.table["from-other"] == "2")
        await log.close()
        await other.close()
        #expect(await log.append(["after": "the end"])?.code == .closed)
    }

    @Test func `what a lost session left unwritten fails, and is not written under the next one`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let gate = SessionGate()
        let bench = try ClientBench(broker.address, gate: gate)
        defer { bench.close() }
        try await create(bench, "log", partitions: 1)
        let log = try await TestLog(bench, "log")
        #expect(try await log.start().get() == 1)
        async let stale = log.append(["key": "of the lost session"])
        while !gate.isAwaited { try await Task.sleep(for: .milliseconds(1)) }
        gate.shut()
        gate.open(until: .max, now: EventLoop.now())
        #expect(await stale?.isRetriable == true)
        #expect(await log.append(["key": "of the next one"]) == nil)
        #expect(await log.readToEnd() == nil)
        #expect(log.seen.count == 1)
        #expect(log.table["key"] == "of the next one")
        await log.close()
    }

    @Test func `records of one append keep their order`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        try await create(bench, "order", partitions: 1)
        let log = try await TestLog(bench, "order", ["batch.size": "300"])
        _ = try await log.start().get()
        let entries = (0..<500).map { TopicLog.Entry(key: Array("key".utf8), value: Array("\($0)".utf8)) }
        // Not awaited: the question for the end is about what was given before it, on the wire or not.
        let error = Mutex<ClientError?>(nil)
        log.begin(entries) { outcome in error.withLock { $0 = outcome } }
        #expect(await log.readToEnd() == nil)
        #expect(error.withLock { $0 } == nil)
        #expect(log.seen.map { String(decoding: $0.value ?? [], as: UTF8.self) } == (0..<500).map { "\($0)" })
        #expect(
            await log.append([TopicLog.Entry(key: [1], value: Array(repeating: 0, count: 2 << 20))])?.code
                == .recordTooLarge)
        #expect(await log.append(["after": "1"]) == nil)
        await log.close()
    }

    @Test func `what brokers that are away do not take waits within limits`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        try await create(bench, "full", partitions: 1)
        let log = try await TestLog(bench, "full", ["buffer.memory": "65536", "batch.size": "4096"])
        _ = try await log.start().get()
        try broker.pause()
        let written = Mutex(0)
        let errors = Mutex<[ClientError]>([])
        for number in 0..<1000 {
            log.begin([TopicLog.Entry(key: Array("\(number)".utf8), value: Array(repeating: 1, count: 1000))]) {
                error in
                if let error { errors.withLock { $0.append(error) } } else { written.withLock { $0 += 1 } }
            }
        }
        #expect(await log.append(["one": "more"])?.code == .bufferFull)
        #expect(errors.withLock { $0.allSatisfy { $0.code == .bufferFull && $0.isRetriable } })
        try broker.resume()
        #expect(await log.readToEnd() == nil)
        #expect(written.withLock { $0 } == log.seen.count)
        #expect(written.withLock { $0 } + errors.withLock { $0.count } == 1000)
        #expect(await log.append(["one": "more"]) == nil)
        await log.close()
    }

    @Test func `a log waits for its topic and reads one that is made anew from its beginning`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address, ["metadata.max.age.ms": "300"])
        defer { bench.close() }
        let log = try await TestLog(bench, "anew")
        async let started = log.start()
        try await create(bench, "anew", partitions: 2)
        #expect(try await started.get() == 2)
        #expect(await log.append((0..<9).map { TopicLog.Entry(key: Array("\($0)".utf8), value: [1]) }) == nil)
        #expect(await log.readToEnd() == nil)
        #expect(log.table.count == 9)
        try await recreate(bench, "anew", partitions: 2)
        let writer = try await TestLog(bench, "anew")
        _ = try await writer.start().get()
        #expect(await writer.append(["new": "1"]) == nil)
        try await log.until("the new topic is read") { $0["new"] == "1" }
        await log.close()
        await writer.close()
    }

    @Test func `a log of one partition keeps to the first whatever the topic was given beside it`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        try await create(bench, "first", partitions: 3)
        let all = try await TestLog(bench, "first")
        _ = try await all.start().get()
        let log = try await TestLog(bench, "first", usesFirstPartitionOnly: true)
        #expect(try await log.start().get() == 3)
        let keys = (0..<20).map { "key-\($0)" }
        #expect(await all.append(keys.map { TopicLog.Entry(key: Array($0.utf8), value: [0]) }) == nil)
        #expect(await log.append(keys.map { TopicLog.Entry(key: Array($0.utf8), value: [1]) }) == nil)
        #expect(await log.readToEnd() == nil)
        #expect(Set(log.seen.map(\.partition)) == [0])
        #expect(log.seen.filter { $0.value == [1] }.map { String(decoding: $0.key ?? [], as: UTF8.self) } == keys)
        await log.close()
        await all.close()
    }

    @Test(arguments: ["read_uncommitted", "read_committed"])
    func `markers of transactions at the end of the log do not hold a question for the end up`(
        _ isolation: String
    ) async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let bench = try ClientBench(broker.address)
        defer { bench.close() }
        try await create(bench, "marked", partitions: 1)
        try produceInTransaction(broker, "marked", records: 12)
        let log = try await TestLog(bench, "marked", ["isolation.level": isolation])
        #expect(try await log.start().get() == 1)
        #expect(log.seen.count == 12)
        #expect(log.seen.allSatisfy { $0.key == nil && $0.value?.count == 10 })
        #expect(await log.readToEnd() == nil)
        await log.close()
    }

    /// By Apache's own producer: the last thing in the log is the marker of its commit.
    private func produceInTransaction(_ broker: TestBroker, _ topic: String, records: Int) throws {
        let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
        let tool = home + "/bin/kafka-producer-perf-test.sh"
        let arguments = [
            "--topic", topic, "--num-records", "\(records)", "--record-size", "10", "--throughput", "-1",
            "--transactional-id", "marks", "--transaction-duration-ms", "1000", "--producer-props",
            "bootstrap.servers=\(broker.address)",
        ]
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([tool] + arguments).map { strdup($0) }
        defer { for word in words { free(word) } }
        words.append(nil)
        var child: pid_t = 0
        try #require(posix_spawn(&child, tool, &actions, nil, words, environ) == 0)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        try #require(status == 0)
    }

    private func create(_ bench: ClientBench, _ topic: String, partitions: Int32) async throws {
        let result: Result<TopicCreationOutcome, ClientError> = await bench.ask { cluster, done in
            Admin(cluster: cluster).createTopic(NewTopic(name: topic, partitionCount: partitions)) { done($0) }
        }
        #expect(try result.get() == .created)
    }

    private func recreate(_ bench: ClientBench, _ topic: String, partitions: Int32) async throws {
        let deleted: Result<KafkaCluster.Answer<DeleteTopicsResponse>, ClientError> = await bench.ask { cluster, done in
            var request = DeleteTopicsRequest()
            request.topicNames = [topic]
            request.timeoutMs = 10_000
            var options = KafkaCluster.RequestOptions()
            options.maximumVersion = 5  // the last one that names topics so
            cluster.request(request, to: .controller, options: options) { done($0) }
        }
        #expect(try deleted.get().response.responses.map(\.errorCode) == [0])
        while true {
            let result: Result<TopicCreationOutcome, ClientError> = await bench.ask { cluster, done in
                Admin(cluster: cluster).createTopic(NewTopic(name: topic, partitionCount: partitions)) { done($0) }
            }
            if try result.get() == .created { return }
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

/// A log with an observer that keeps what it is given.
private final class TestLog: Sendable {
    private let log: TopicLog
    private let records = Mutex<[TopicLog.Record]>([])

    init(
        _ bench: ClientBench, _ topic: String, _ keys: [String: String] = [:], usesFirstPartitionOnly: Bool = false
    ) async throws {
        let result: Result<TopicLog, ClientError> = await bench.ask { cluster, done in
            done(
                Result { () throws(ClientError) in
                    let base = ["bootstrap.servers": "127.0.0.1:1", "request.timeout.ms": "3000"]
                    let writes = [
                        "acks": "all", "enable.idempotence": "false", "max.in.flight.requests.per.connection": "1",
                        "delivery.timeout.ms": "2147483647", "linger.ms": "0",
                    ].merging(keys) { $1 }
                    return try TopicLog(
                        cluster: cluster, topic: topic,
                        clients: TopicLog.Clients(
                            consumer: try ClientSettings(base.merging(keys) { $1 }, role: .consumer),
                            producer: try ClientSettings(base.merging(writes) { $1 }, role: .producer),
                            createsTopic: false, usesFirstPartitionOnly: usesFirstPartitionOnly))
                })
        }
        log = try result.get()
    }

    var seen: [TopicLog.Record] { records.withLock { $0 } }

    /// The last value of each key.
    var table: [String: String?] {
        var table: [String: String?] = [:]
        for record in seen {
            table.updateValue(
                record.value.map { String(decoding: $0, as: UTF8.self) },
                forKey: String(decoding: record.key ?? [], as: UTF8.self))
        }
        return table
    }

    func start() async -> Result<Int, ClientError> {
        await withCheckedContinuation { continuation in
            log.start({ new in self.records.withLock { $0 += new } }, done: { continuation.resume(returning: $0) })
        }
    }

    func append(_ entries: [TopicLog.Entry]) async -> ClientError? {
        await withCheckedContinuation { continuation in
            log.append(entries) { continuation.resume(returning: $0) }
        }
    }

    func begin(_ entries: [TopicLog.Entry], _ done: @escaping @Sendable (ClientError?) -> Void) {
        log.append(entries, done: done)
    }

    func append(_ entry: [String: String?]) async -> ClientError? {
        await append(entry.map { TopicLog.Entry(key: Array($0.key.utf8), value: $0.value.map { Array($0.utf8) }) })
    }

    func readToEnd() async -> ClientError? {
        await withCheckedContinuation { continuation in
            log.readToEnd { continuation.resume(returning: $0) }
        }
    }

    func close() async {
        await withCheckedContinuation { continuation in log.close { continuation.resume() } }
    }

    func until(_ what: String, _ condition: ([String: String?]) -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while !condition(table) {
            guard ContinuousClock.now < end else {
                Issue.record("gave up waiting: \(what)")
                return
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
