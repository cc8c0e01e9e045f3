import EventLoop
import KafkaClient
import Testing

@testable import ConnectKafka

@Suite struct ClusterTableTests {
    private struct Bench {
        let loop: EventLoop
        let pool = BlockingPool(name: "clusters-pool")
        let table: Confined<ClusterTable>

        init(grace: UInt64) throws {
            loop = try EventLoop(name: "clusters")
            table = Confined(ClusterTable(loop: loop, pool: pool, grace: grace), to: loop)
        }

        func onLoop<Answer: Sendable>(_ body: @escaping @Sendable (ClusterTable) -> Answer) -> Answer {
            LoopCall.wait(on: loop) { [table] in body(table.value) }
        }

        func use(_ settings: ClientSettings) -> (cluster: Confined<KafkaCluster>, use: ClusterUse) {
            onLoop { [loop] table in
                let (cluster, use) = table.use(settings)
                return (Confined(cluster, to: loop), use)
            }
        }

        func isSame(_ one: Confined<KafkaCluster>, _ other: Confined<KafkaCluster>) -> Bool {
            onLoop { _ in one.value === other.value }
        }

        func state(_ cluster: Confined<KafkaCluster>) -> ClusterState { onLoop { _ in cluster.value.state } }
        var count: Int { onLoop { $0.count } }

        func stop() {
            onLoop { $0.close() }
            loop.stop()
            pool.stop()
        }
    }

    private func settings(_ more: [String: String] = [:]) throws -> ClientSettings {
        try ClientSettings(["bootstrap.servers": "127.0.0.1:1"].merging(more) { $1 }, role: .producer)
    }

    @Test func `a cluster that nobody uses any more is closed, and made anew for the next`() async throws {
        let bench = try Bench(grace: 1_000_000)
        defer { bench.stop() }
        let (first, use) = bench.use(try settings())
        let (second, other) = bench.use(try settings(["client.id": "two"]))
        #expect(bench.isSame(first, second))
        use.end()
        // Once ended is ended.
        use.end()
        #expect(bench.count == 1)
        other.end()
        let end = ContinuousClock.now + .seconds(10)
        while bench.count > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(1)) }
        #expect(bench.count == 0)
        #expect(bench.state(first) == .closed)
        let (third, _) = bench.use(try settings())
        #expect(!bench.isSame(first, third))
    }

    @Test func `a connector that is restarted finds its connections`() throws {
        let bench = try Bench(grace: 3_600_000_000_000)
        defer { bench.stop() }
        let (first, use) = bench.use(try settings())
        use.end()
        let (second, again) = bench.use(try settings())
        #expect(bench.isSame(first, second))
        #expect(bench.state(second) != .closed)
        again.end()
    }

    @Test func `a use that is let go has ended`() async throws {
        let bench = try Bench(grace: 0)
        defer { bench.stop() }
        _ = bench.use(try settings())
        let end = ContinuousClock.now + .seconds(10)
        while bench.count > 0, ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(1)) }
        #expect(bench.count == 0)
    }

    @Test func `the worker's own cluster stays`() throws {
        let bench = try Bench(grace: 0)
        defer { bench.stop() }
        let settings = try settings()
        let own = bench.onLoop { [loop = bench.loop] in Confined($0.workersCluster(for: settings), to: loop) }
        bench.use(settings).use.end()
        // The loop carries out what is due before it answers twice.
        for _ in 0..<3 { _ = bench.count }
        #expect(bench.state(own) != .closed)
        #expect(bench.onLoop { $0.workersCluster(for: settings) === own.value })
    }
}
