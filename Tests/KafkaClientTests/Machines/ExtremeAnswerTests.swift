import KafkaProtocol
import Testing

@testable import KafkaClient

/// Brokers may answer with any number. No machine may trap on one: a run that ends is all that is asked for here.
@Suite struct ExtremeAnswerTests {
    /// Numbers at the edges of their types, from a seed.
    private struct Extremes {
        var random: SeededRandom

        mutating func number<Number: FixedWidthInteger & SignedInteger>(_ type: Number.Type = Number.self) -> Number {
            let all: [Number] = [.min, .min + 1, -2, -1, 0, 0, 1, 2, .max - 1, .max]
            return all[random.below(all.count)]
        }

        mutating func error() -> ErrorCode {
            guard random.below(3) == 0 else { return .none }
            return ErrorCode(rawValue: random.below(5) == 0 ? number() : Int16(random.below(140)) - 1)
        }

        mutating func wait() -> UInt64 { [0, second / 10, second, 100 * second][random.below(4)] }

        mutating func topology() -> MetadataSnapshot {
            let partitions = (0..<Int32(2)).map {
                MetadataSnapshot.Partition(index: $0, leader: Int32(1 + random.below(2)), leaderEpoch: number())
            }
            let brokers = [1, 2].map { MetadataSnapshot.Broker(id: $0, address: BrokerAddress(host: "b", port: 1)) }
            return MetadataSnapshot(brokers: brokers, topics: [.init(name: "t", partitions: partitions)])
        }

        mutating func result<Value>(_ value: Value) -> Result<Value, RequestFault> {
            random.below(8) == 0 ? .failure(.transport) : .success(value)
        }
    }

    @Test(arguments: UInt64(1)...200)
    func `a producer takes any answer`(seed: UInt64) {
        var extremes = Extremes(random: SeededRandom(seed: seed))
        var bench = ProducerBench.ready { $0.deliveryTimeout = 200 * second }
        var pending = bench.seal()
        for _ in 0..<200 {
            var next = extremes.random.below(3) == 0 ? bench.seal() : bench.wait(extremes.wait() / 1_000_000)
            for action in pending {
                switch action {
                case .send(let command):
                    next += bench.answer(command.request, extremes.error().rawValue) {
                        $0.baseOffset = extremes.number()
                        $0.logStartOffset = extremes.number()
                        $0.appendTime = extremes.number()
                        $0.hintedLeader = extremes.number()
                        $0.hintedEpoch = extremes.number()
                    }
                case .requestProducerID: next += bench.identify(id: extremes.number(), epoch: extremes.number())
                case .refreshMetadata:
                    let epoch: Int32 = extremes.number()
                    bench.machine.leaderChanged(slot: 0, node: 1, epoch: epoch, now: bench.now)
                    next += bench.machine.takeActions()
                case .connect(let node):
                    bench.machine.nodeReady(node, now: bench.now)
                    next += bench.machine.takeActions()
                case .complete, .split, .idempotenceDisabled, .epochRaised, .failed, .closed: break
                }
            }
            pending = next
        }
    }

    @Test(arguments: UInt64(1)...200)
    func `a consumer takes any answer`(seed: UInt64) {
        var extremes = Extremes(random: SeededRandom(seed: seed))
        var settings = ConsumerMachine.Settings()
        settings.groupID = "g"
        settings.fetch.reset = .earliest
        settings.autoCommitInterval = second
        settings.group = GroupMachine.Settings(
            groupID: "g", protocolType: "consumer", sessionTimeout: 10 * second, rebalanceTimeout: 60 * second,
            heartbeatInterval: 3 * second, requestTimeout: 30 * second,
            retryBackoff: Backoff(initial: second / 10, maximum: second))
        var machine = ConsumerMachine(settings: settings, seed: seed)
        var at = Instant(monotonic: 0, wall: extremes.number())
        var pending = machine.topologyChanged(extremes.topology(), at: at) + machine.subscribe(["t"], at: at)
        for _ in 0..<200 {
            at = Instant(monotonic: at.monotonic + extremes.wait(), wall: extremes.number())
            var next = machine.advance(to: at)
            for action in pending { next += answer(action, &machine, &extremes, at) }
            if extremes.random.below(8) == 0 { next += machine.topologyChanged(extremes.topology(), at: at) }
            pending = next
        }
    }

    private func answer(
        _ action: ConsumerMachine.Action, _ machine: inout ConsumerMachine, _ extremes: inout Extremes, _ at: Instant
    ) -> [ConsumerMachine.Action] {
        switch action {
        case .group(let request): return answer(request, &machine, &extremes, at)
        case .commit(let token, _, let offsets):
            let codes = offsets.map { ($0.partition, extremes.error()) }
            return machine.commitAnswered(token: token, extremes.result(codes), at: at)
        case .committed(let token, let ids):
            let offsets = ids.map {
                CommittedOffset(
                    partition: $0, error: extremes.error(), offset: extremes.number(), leaderEpoch: extremes.number())
            }
            let whole = CommittedAnswer(error: extremes.error(), offsets: offsets)
            return machine.committedAnswered(token: token, extremes.result(whole), at: at)
        case .fetch(let node, let token, let plan):
            let parts = plan.entries.map { entry in
                FetchedPartition(
                    topic: .name("t"), partition: entry.partition.partition, error: extremes.error(),
                    highWatermark: extremes.number(), preferredReplica: extremes.number(),
                    span: FetchedSpan(
                        byteCount: extremes.random.below(3) * 100, nextOffset: extremes.number(),
                        leaderEpoch: extremes.number(), isCutShort: false))
            }
            let whole = FetchAnswer(
                error: extremes.error(), sessionID: extremes.number(), throttle: extremes.number(), partitions: parts)
            return machine.fetched(node: node, token: token, extremes.result(whole), at: at)
        case .listOffsets(_, let token, _, let questions):
            let offsets = questions.map {
                ListedOffset(
                    partition: $0.partition, error: extremes.error(), offset: extremes.number(),
                    leaderEpoch: extremes.number())
            }
            return machine.offsetsListed(token: token, extremes.result(offsets), at: at)
        case .leaderEpochs(_, let token, let questions):
            let ends = questions.map {
                EpochEnd(
                    partition: $0.partition, error: extremes.error(), leaderEpoch: extremes.number(),
                    endOffset: extremes.number())
            }
            return machine.epochsAnswered(token: token, extremes.result(ends), at: at)
        case .deliver(let delivery):
            machine.consumed(delivery.partition, upTo: extremes.number(), losses: machine.losses)
            return machine.taken(
                delivery.partition, incarnation: delivery.incarnation, bytes: delivery.byteCount, at: at)
        case .event(.revoking): return machine.revocationFinished(at: at)
        case .event(.lost): return machine.lossHandled(at: at)
        case .event, .forgetCoordinator, .refreshMetadata, .positionLost, .watchTopics, .drop, .commitDone, .closed:
            return []
        }
    }

    private func answer(
        _ request: GroupRequest, _ machine: inout ConsumerMachine, _ extremes: inout Extremes, _ at: Instant
    ) -> [ConsumerMachine.Action] {
        switch request.body {
        case .join(let join):
            let me = GroupMember(id: "me", instanceID: nil, metadata: join.protocols[0].metadata)
            let whole = GroupJoinAnswer(
                error: extremes.error(), generation: extremes.number(), memberID: "me",
                leaderID: extremes.random.below(2) == 0 ? "me" : "other", protocolName: join.protocols[0].name,
                skipAssignment: extremes.random.below(4) == 0, members: [me])
            return machine.joinAnswered(token: request.token, extremes.result(whole), at: at)
        case .sync(let sync):
            let bytes = sync.assignments.first?.bytes ?? [0, 3, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]
            let whole = GroupSyncAnswer(error: extremes.error(), assignment: bytes)
            return machine.syncAnswered(token: request.token, extremes.result(whole), at: at)
        case .heartbeat:
            return machine.heartbeatAnswered(token: request.token, extremes.result(extremes.error()), at: at)
        case .leave: return machine.leaveAnswered(token: request.token, at: at)
        }
    }

    @Test(arguments: UInt64(1)...100)
    func `metadata and the tail of a log take any number`(seed: UInt64) {
        var extremes = Extremes(random: SeededRandom(seed: seed))
        var metadata = MetadataMachine(configuration: MetadataMachine.Configuration(), seed: seed)
        var tail = LogTail(backoff: Backoff(initial: second, maximum: second), seed: seed)
        metadata.interestAdded(["t"], allowsCreation: false, now: 0)
        tail.topicSeen(id: .none, partitionCount: 2, now: 0)
        var now: UInt64 = 0
        for step in 0..<100 {
            now += extremes.wait()
            metadata.refreshWanted(now: now)
            metadata.answered(extremes.topology(), errorCode: 0, now: now)
            _ = metadata.leaderHinted(
                topic: "t", partition: extremes.number(), leader: extremes.number(), epoch: extremes.number(),
                endpoints: [])
            tail.endWanted(UInt64(step))
            tail.began(extremes.number(), at: extremes.number())
            tail.read(extremes.number(), upTo: extremes.number())
            _ = tail.damaged(extremes.number(), at: extremes.number(), behind: extremes.number(), now: now)
            for case .askEnds(let token, let count) in tail.step(now: now) {
                let ends = (0..<count).map { _ in extremes.number(Int64.self) }
                for action in tail.endsAnswered(token: token, .success(ends), now: now) {
                    if case .failed = action { Issue.record("nothing failed") }
                }
            }
        }
    }
}
