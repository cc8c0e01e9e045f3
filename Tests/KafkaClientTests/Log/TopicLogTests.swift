import Synchronization
import Testing

@testable import KafkaClient

/// A log that no broker answers for.
struct TopicLogTests {
    private final class Owner: Sendable {}

    @Test func `a closed log answers what is open and lets go of its observer`() async throws {
        let bench = try ClientBench("127.0.0.1:1")
        defer { bench.close() }
        let made: Result<TopicLog, ClientError> = await bench.ask { cluster, done in
            done(
                Result { () throws(ClientError) in
                    // Nothing may end by itself before the log is closed, however slow the machine is.
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
        let log = try made.get()
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
