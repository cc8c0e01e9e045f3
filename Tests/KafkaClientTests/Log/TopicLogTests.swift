import Synchronization
import Testing

@testable import KafkaClient

/// A log that no broker answers for.
struct TopicLogTests {
    private final class Owner: Sendable {}

    @Test func `what was decided in a session that is over is not written in the next one`() async throws {
        let gate = SessionGate()
        let bench = try ClientBench("127.0.0.1:1", gate: gate)
        defer { bench.close() }
        let log = try await make(bench)
        let entry = [TopicLog.Entry(key: [1], value: nil)]
        let outcomes = Mutex<[String]>([])
        func append(_ name: String, inSession: Bool) {
            log.append(entry, inSession: inSession) { error in
                outcomes.withLock { $0.append("\(name) \(error?.isRetriable == true)") }
            }
        }
        gate.shut()
        append("of the lost one", inSession: true)
        append("of any", inSession: false)
        #expect(await bench.ask { _, done in done(true) })
        #expect(outcomes.withLock { $0 } == ["of the lost one true"], "the other waits for the session")
        gate.renew()
        append("of the next one", inSession: true)
        #expect(await bench.ask { _, done in done(true) })
        #expect(outcomes.withLock { $0.count } == 1, "it waits")
        gate.shut()
        #expect(await bench.ask { _, done in done(true) })
        #expect(outcomes.withLock { $0 } == ["of the lost one true", "of any true", "of the next one true"])
        await withCheckedContinuation { continuation in log.close { continuation.resume() } }
    }

    /// Nothing may end by itself before the log is closed, however slow the machine is.
    private func make(_ bench: ClientBench) async throws -> TopicLog {
        let made: Result<TopicLog, ClientError> = await bench.ask { cluster, done in
            done(
                Result { () throws(ClientError) in
                    let properties = [
                        "bootstrap.servers": "127.0.0.1:1", "max.block.ms": "3600000", "delivery.timeout.ms": "3600000",
                    ]
                    return try TopicLog(
                        cluster: cluster, topic: "t",
                        clients: TopicLog.Clients(
                            consumer: try ClientSettings(properties, role: .consumer),
                            producer: try ClientSettings(properties, role: .producer), createsTopic: false))
                })
        }
        return try made.get()
    }

    @Test func `a closed log answers what is open and lets go of its observer`() async throws {
        let bench = try ClientBench("127.0.0.1:1")
        defer { bench.close() }
        let log = try await make(bench)
        let outcomes = Mutex<[ClientError.Code?]>([])
        weak let owner = begin(log) { code in outcomes.withLock { $0.append(code) } }
        #expect(await bench.ask { _, done in done(true) })
        #expect(owner != nil)
        await withCheckedContinuation { continuation in log.close { continuation.resume() } }
        #expect(outcomes.withLock { $0 } == [.closed, .closed, .closed])
        #expect(await bench.ask { _, done in done(true) })
        #expect(owner == nil)
    }

    /// Starts, writes and asks for the end; the observer keeps what is returned.
    private func begin(_ log: TopicLog, _ ended: @escaping @Sendable (ClientError.Code?) -> Void) -> Owner {
        let owner = Owner()
        log.start({ _ in withExtendedLifetime(owner) {} }) { result in
            if case .failure(let error) = result { ended(error.code) } else { ended(nil) }
        }
        log.append([TopicLog.Entry(key: [1], value: nil)]) { ended($0?.code) }
        log.readToEnd { ended($0?.code) }
        return owner
    }
}
