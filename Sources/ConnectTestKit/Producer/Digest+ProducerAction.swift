internal import KafkaClient

extension Digest {
    /// Takes in an action of a producer's machine.
    mutating func take(_ action: ProducerAction) {
        switch action {
        case .send(let command):
            add(1 as Int)
            add(command.request)
            add(Int(command.node))
            for part in command.parts {
                add(part.slot)
                add(part.batch)
                guard let stamp = part.stamp else { continue }
                add(Int(stamp.identity.id))
                add(Int(stamp.identity.epoch))
                add(Int(stamp.baseSequence))
            }
        case .requestProducerID: add(2 as Int)
        case .connect(let node):
            add(3 as Int)
            add(Int(node))
        case .refreshMetadata(let slot):
            add(4 as Int)
            add(slot)
        case .complete(let batch, let outcome):
            add(5 as Int)
            add(batch)
            switch outcome {
            case .acknowledged(let offset, _): add(Int(offset))
            case .failed(let reason): add(Int(reason.errorCode) + 1000)
            }
        case .split(let batch):
            add(6 as Int)
            add(batch)
        case .idempotenceDisabled(let code):
            add(7 as Int)
            add(Int(code))
        case .epochRaised(let slot, let identity):
            add(8 as Int)
            add(slot)
            add(Int(identity.epoch))
        case .failed(let reason):
            add(9 as Int)
            add(Int(reason.errorCode))
        case .closed: add(10 as Int)
        }
    }
}
