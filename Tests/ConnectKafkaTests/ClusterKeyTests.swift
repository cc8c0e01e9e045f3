import KafkaClient
import Testing

@testable import ConnectKafka

@Suite struct ClusterKeyTests {
    private func key(_ more: [String: String], isWorkers: Bool = false) throws -> ClusterKey {
        let base = ["bootstrap.servers": "localhost:9092", "client.id": "one"]
        return ClusterKey(try ClientSettings(base.merging(more) { $1 }, role: .producer), isWorkers: isWorkers)
    }

    @Test func `clients that differ in what is their own alone share connections`() throws {
        #expect(try key([:]) == key(["client.id": "two", "batch.size": "1", "linger.ms": "7"]))
    }

    @Test func `the worker's own clients share nothing with those of connectors`() throws {
        #expect(try key([:], isWorkers: true) != key([:]))
        #expect(try key([:], isWorkers: true) == key(["client.id": "two"], isWorkers: true))
    }

    @Test func `clients that reach the cluster in another way do not`() throws {
        #expect(try key([:]) != key(["bootstrap.servers": "other:9092"]))
        #expect(try key([:]) != key(["request.timeout.ms": "31000"]))
        // Two hosts that Swift's texts take for one.
        let (one, other) = ("caf\u{E9}:9092", "cafe\u{301}:9092")
        #expect(try key(["bootstrap.servers": one]) != key(["bootstrap.servers": other]))
        #expect(try key(["bootstrap.servers": one]) == key(["bootstrap.servers": one]))
    }
}
