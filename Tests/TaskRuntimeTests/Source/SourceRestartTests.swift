import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// Orderly stops at any moment, with acknowledgements in any order: every record goes out once and in order.
struct SourceRestartTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test(arguments: 0..<12) func `stops at any moment lose nothing and double nothing`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let total = 600
        var sent: [String] = []
        var runs: UInt64 = 0
        while stored() < total {
            runs += 1
            try #require(runs < 200)
            let source = FakeSource.Controls()
            let start = stored()
            let perPoll = 1 + Int(random.next() % 50)
            source.state.withLock { state in
                state.next = start
                state.available = total
                state.perPoll = perPoll
            }
            let world = FakeSurroundings(source: source)
            let room = 1 + Int(random.next() % 60)
            world.sender.state.withLock { state in
                state.isPrompt = false
                state.room = room
            }
            let observer = FakeObserver()
            let task = try bench.start(world, kind: .source, observer: observer, flushInterval: 300_000)
            let goal = Int(random.next() % 150)
            var isStopping = false
            eventually("the run ends") {
                if !isStopping, world.sender.texts.count >= min(goal, total - start) {
                    isStopping = true
                    task.stop(deadline: bench.soon())
                }
                // Kafka answers in bursts, in no order.
                let open = world.sender.state.withLock { $0.unacknowledged.count }
                if open > 0 { world.sender.answer((0..<open).filter { _ in random.next() % 3 > 0 }) }
                return observer.log.ends == [.stopped]
            }
            sent += world.sender.texts
            #expect(stored() == sent.count, "seed \(seed), run \(runs)")
            #expect(source.state.withLock { $0.lent } == 0)
        }
        #expect(sent == (0..<total).map { String($0) }, "seed \(seed)")
    }

    private func stored() -> Int {
        guard let text = bench.store["{\"file\":0}"], let colon = text.firstIndex(of: ":") else { return 0 }
        return Int(text[text.index(after: colon)...].dropLast()) ?? 0
    }

    @Test func `idle tasks cost no thread`() throws {
        let tasks = try (0..<60).map { number in
            try bench.start(
                FakeSurroundings(source: .init()), kind: .source, flushInterval: 1_000_000_000_000,
                name: "idle\(number)")
        }
        eventually("all run") { bench.observer.log.states.count == 60 }
        // As many as there are cores, and what a busy machine makes of it.
        #expect(bench.pool.threadCount <= 6)
        for task in tasks { task.stop(deadline: bench.soon()) }
        eventually("all end") { bench.observer.log.ends.count == 60 }
        #expect(bench.observer.log.ends.allSatisfy { $0 == .stopped })
    }
}
