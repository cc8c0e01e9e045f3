internal import KafkaClient
internal import KafkaProtocol

extension Digest {
    /// Takes an action in, with the numbers and names that matter.
    mutating func take(_ action: ConsumerMachine.Action) {
        switch action {
        case .group(let request):
            add(1)
            add(request.token)
            switch request.body {
            case .join(let join): take(join.memberID)
            case .sync(let sync):
                add(Int(sync.generation))
                for assignment in sync.assignments { add(assignment.bytes.count) }
            case .heartbeat(let beat): add(Int(beat.generation))
            case .leave(let leave): take(leave.memberID)
            }
        case .commit(let token, let identity, let offsets):
            add(2)
            add(token)
            add(Int(identity?.generation ?? -1))
            for offset in offsets {
                take(offset.partition)
                add(Int(offset.offset))
            }
        case .committed(let token, let ids):
            add(3)
            add(token)
            for id in ids { take(id) }
        case .fetch(let node, let token, let plan):
            add(4)
            add(Int(node))
            add(token)
            add(Int(plan.sessionEpoch))
            for entry in plan.entries {
                take(entry.partition)
                add(Int(entry.offset))
            }
            for entry in plan.forgotten { take(entry.partition) }
        case .listOffsets(let node, let token, _, let questions):
            add(5)
            add(Int(node))
            add(token)
            for question in questions { take(question.partition) }
        case .leaderEpochs(let node, let token, let questions):
            add(6)
            add(Int(node))
            add(token)
            for question in questions { take(question.partition) }
        case .forgetCoordinator: add(7)
        case .refreshMetadata: add(8)
        case .positionLost: add(16)
        case .watchTopics(let topics): add(topics.count)
        case .deliver(let delivery):
            take(delivery.partition)
            add(Int(delivery.offset))
        case .drop(let ids): for id in ids { take(id) }
        case .event(let event): take(event)
        case .commitDone(let id, _): add(id)
        case .closed: add(9)
        }
    }

    private mutating func take(_ event: ConsumerMachine.Event) {
        switch event {
        case .assigned(let beginnings):
            for beginning in beginnings {
                take(beginning.partition)
                add(Int(beginning.offset))
            }
        case .revoking(let ids), .lost(let ids): for id in ids { take(id) }
        case .failed(_, let code, _): add(Int(code.rawValue))
        }
    }

    private mutating func take(_ id: TopicPartition) {
        take(id.topic)
        add(Int(id.partition))
    }

    private mutating func take(_ text: String) {
        for byte in text.utf8 { add(UInt64(byte)) }
    }
}
