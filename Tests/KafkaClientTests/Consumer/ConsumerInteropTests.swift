import EventLoop
import Foundation
import Glibc
import KafkaClient
import KafkaProtocol
import Synchronization
import Testing

/// A group of Apache's console consumer and ours on a real broker, started from `KAFKA_HOME`.
@Suite struct ConsumerInteropTests {
    @Test(
        .enabled(if: TestBroker.missing == nil, "needs a real broker: \(TestBroker.missing ?? "")"),
        .timeLimit(.minutes(2)))
    func `shares a topic with Java's console consumer, whoever leads`() async throws {
        let broker = try TestBroker()
        defer { broker.destroy() }
        let home = ProcessInfo.processInfo.environment["KAFKA_HOME"] ?? ""
        let bootstrap = broker.address
        let topic = "interop-\(getpid())"
        try #require(
            await run(
                home, "kafka-topics.sh",
                ["--bootstrap-server", bootstrap, "--create", "--topic", topic, "--partitions", "4"])
                == 0)
        let member = try Member(bootstrap: bootstrap, group: topic, topic: topic)
        defer { member.stop() }
        // Ours is alone, leads and holds all; then Java's joins and is given half by our leader's bytes.
        try await member.holds(4)
        let java = try start(
            home, "kafka-console-consumer.sh",
            ["--bootstrap-server", bootstrap, "--topic", topic, "--group", topic, "--timeout-ms", "60000"])
        try await member.holds(2)
        // Java's leaves without a word; when its session is over all comes back.
        kill(java, SIGTERM)
        var status: Int32 = 0
        waitpid(java, &status, 0)
        try await member.holds(4)
    }

    private func start(_ home: String, _ tool: String, _ arguments: [String]) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        var argv: [UnsafeMutablePointer<CChar>?] = (["\(home)/bin/\(tool)"] + arguments).map { strdup($0) }
        defer { for pointer in argv { free(pointer) } }
        argv.append(nil)
        var pid: pid_t = 0
        try #require(posix_spawn(&pid, "\(home)/bin/\(tool)", &actions, nil, argv, environ) == 0)
        return pid
    }

    private func run(_ home: String, _ tool: String, _ arguments: [String]) async -> Int32 {
        guard let pid = try? start(home, tool, arguments) else { return -1 }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        return status
    }
}

/// A consumer with an application that holds what it is given.
private final class Member: Sendable {
    private let loop: EventLoop
    private let pool: BlockingPool
    private let lane: Lane
    private let state = Mutex((consumer: Consumer?.none, held: Set<Int32>()))

    init(bootstrap: String, group: String, topic: String) throws {
        let loop = try EventLoop(name: "interop")
        let pool = BlockingPool(name: "interop-pool")
        self.loop = loop
        self.pool = pool
        lane = pool.makeLane("application")
        let settings = try ClientSettings(
            [
                "bootstrap.servers": bootstrap, "group.id": group, "session.timeout.ms": "6000",
                "heartbeat.interval.ms": "500", "enable.auto.commit": "false",
            ], role: .consumer)
        loop.execute { [self] in
            let cluster = KafkaCluster(settings: settings, loop: loop, pool: pool)
            do throws(ClientError) {
                let consumer = try Consumer(cluster: cluster, settings: settings) { [weak self] in
                    self?.lane.submit { self?.work() }
                }
                state.withLock { $0.consumer = consumer }
                consumer.subscribe(topics: [topic])
            } catch {
                Issue.record(error)
            }
        }
    }

    private func work() {
        guard let consumer = state.withLock({ $0.consumer }) else { return }
        while let event = consumer.poll() {
            switch event {
            case .assigned(let list): state.withLock { $0.held.formUnion(list.map(\.partition.partition)) }
            case .revoking(let ids):
                state.withLock { $0.held.subtract(ids.map(\.partition)) }
                consumer.finishRevocation()
            case .lost(let ids): state.withLock { $0.held.subtract(ids.map(\.partition)) }
            case .records: break
            case .failed(let error, _): Issue.record(error)
            }
        }
    }

    func holds(_ count: Int) async throws {
        while state.withLock({ $0.held.count }) != count { try await Task.sleep(for: .milliseconds(20)) }
    }

    func stop() {
        guard let consumer = state.withLock({ $0.consumer }) else { return }
        consumer.close { [loop] in loop.execute { loop.stop() } }
        pool.stop()
    }
}
