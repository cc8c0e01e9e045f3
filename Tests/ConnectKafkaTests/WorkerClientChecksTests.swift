import ConnectKafka
import Testing

@Suite struct WorkerClientChecksTests {
    private func problems(_ extra: [String: String], isDistributed: Bool = false) -> [String] {
        let worker = ["bootstrap.servers": "a:1", "group.id": "g"].merging(extra) { $1 }
        return WorkerClientChecks.problems(worker: worker, isDistributed: isDistributed)
            .map { "\($0.key) | \($0.message)" }
    }

    @Test func `a worker that says little has no problem`() {
        #expect(problems([:]) == [])
        #expect(problems([:], isDistributed: true) == [])
    }

    @Test func `what is wrong for every client is told once, under the worker's own key`() {
        #expect(problems(["bootstrap.servers": "b"]) == ["bootstrap.servers | bootstrap.servers: 'b' is not host:port"])
        #expect(problems(["request.timeout.ms": "x"], isDistributed: true).count == 1)
    }

    @Test func `what is wrong in a layer is told under the layer's key`() {
        #expect(
            problems(["producer.acks": "7", "consumer.max.poll.records": "x", "admin.bootstrap.servers": "zz"]) == [
                "producer.acks | producer.acks: '7' is none of all, -1, 0, 1",
                "consumer.max.poll.records | consumer.max.poll.records: 'x' is not a whole number",
                "admin.bootstrap.servers | admin.bootstrap.servers: 'zz' is not host:port",
            ])
    }

    @Test func `keys of a distributed worker's internal topics are checked where it has them`() {
        #expect(problems(["batch.size": "x"]) == [])
        #expect(problems(["batch.size": "x"], isDistributed: true).map { $0.prefix(10) } == ["batch.size"])
    }
}
