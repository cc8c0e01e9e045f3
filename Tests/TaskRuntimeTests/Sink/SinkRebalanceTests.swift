import ConnectModel
import EventLoop
import Synchronization
import Testing

@testable import TaskRuntime

/// Partitions that come and go at any moment while the plugin takes batches or not: in order, without gap or double.
struct SinkRebalanceTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    @Test(arguments: 0..<12) func `rebalances at any moment lose nothing and double nothing`(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        let partitions = (0..<3).map { TopicPartition(topic: "t", partition: $0) }
        let sink = FakeSink.Controls()
        let world = FakeSurroundings(sink: sink)
        let task = try bench.start(world, kind: .sink, flushInterval: 500_000)
        world.receiver.tell(.assigned(partitions.map { TopicPartitionOffset($0, 0) }))
        // A pause before the start would keep the plugin from being started at all.
        eventually("they are open") { sink.state.withLock { $0.opened.count } == 3 }
        var produced = Array(repeating: 0, count: partitions.count)
        for _ in 0..<40 {
            let index = Int(random.next() % 3)
            let partition = partitions[index]
            switch random.next() % 5 {
            case 0, 1:
                let count = Int(random.next() % 20)
                world.receiver.produce(
                    (produced[index]..<produced[index] + count).map { "\(index):\($0)" }, to: partition)
                produced[index] += count
            case 2:
                sink.state.withLock { $0.answers.append(.wouldBlock(retryAfter: 1_000_000)) }
            case 3:
                let finished = world.receiver.state.withLock { $0.revocationsFinished }
                world.receiver.tell(.revoking([partition]))
                eventually("it lets go") { world.receiver.state.withLock { $0.revocationsFinished } == finished + 1 }
                let position = world.receiver.committed[partition] ?? 0
                world.receiver.tell(.assigned([TopicPartitionOffset(partition, position)]))
            default:
                random.next() % 2 == 0 ? task.pause() : task.resume()
            }
        }
        task.resume()
        eventually("all is put") { sink.texts.count >= produced.reduce(0, +) }
        task.stop(deadline: bench.soon())
        eventually("it ends") { bench.observer.log.ends == [.stopped] }
        for index in partitions.indices {
            let texts = sink.texts.filter { $0.hasPrefix("\(index):") }
            #expect(texts == (0..<produced[index]).map { "\(index):\($0)" }, "seed \(seed), partition \(index)")
            #expect(world.receiver.committed[partitions[index]] ?? 0 == Int64(produced[index]), "seed \(seed)")
        }
        #expect(world.receiver.state.withLock { $0.violations } == [])
    }
}
