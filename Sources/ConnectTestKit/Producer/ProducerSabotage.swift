internal import KafkaClient

/// Faults that a producer might have, planted between the machine and the simulated world to prove that they are found.
package enum ProducerSabotage: String, Sendable, CaseIterable {
    /// An error answer is taken for success.
    case falseAcknowledgement = "false-acknowledgement"
    /// Now and then the end of a batch is not reported.
    case lostAcknowledgement = "lost-acknowledgement"
    /// A batch that is sent again gets a fresh epoch, so that the broker cannot know it.
    case doubledBatch = "doubled-batch"
    /// Two batches of a partition change places.
    case swappedBatches = "swapped-batches"
    /// An unknown outcome is taken for a refusal of the sequence.
    case forgottenOutcome = "forgotten-outcome"
}

/// A producer's machine with one fault planted around it.
struct SabotagedProducer {
    var machine: ProducerMachine
    let sabotage: ProducerSabotage?
    private var completions = 0
    private var lastEpoch: Int16 = 100

    init(machine: ProducerMachine, sabotage: ProducerSabotage?) {
        self.machine = machine
        self.sabotage = sabotage
    }

    /// Passes answers on, changed where the fault says so.
    mutating func produceAnswered(request: Int, _ answers: [ProduceAnswer], now: UInt64) {
        guard sabotage == .falseAcknowledgement || sabotage == .forgottenOutcome else {
            machine.produceAnswered(request: request, answers, now: now)
            return
        }
        var changed = answers
        for index in changed.indices {
            let code = changed[index].errorCode
            if sabotage == .falseAcknowledgement, code == 19 || code == 7 { changed[index].errorCode = 0 }
            if sabotage == .forgottenOutcome, code == 7 || code == 20 { changed[index].errorCode = 45 }
        }
        machine.produceAnswered(request: request, changed, now: now)
    }

    /// Takes the actions, changed where the fault says so.
    mutating func takeActions() -> [ProducerAction] {
        let actions = machine.takeActions()
        switch sabotage {
        case nil, .falseAcknowledgement?, .forgottenOutcome?: return actions
        case .lostAcknowledgement?:
            return actions.filter { action in
                guard case .complete = action else { return true }
                completions += 1
                return completions % 17 != 0
            }
        case .doubledBatch?: return actions.map { restamped($0) }
        case .swappedBatches?: return swapped(actions)
        }
    }

    private mutating func restamped(_ action: ProducerAction) -> ProducerAction {
        guard case .send(let command) = action else { return action }
        let parts = command.parts.map { part in
            guard part.stamp == nil else { return part }
            lastEpoch += 1
            let stamp = ProducerStamp(
                identity: ProducerIdentity(id: 1001, epoch: lastEpoch), baseSequence: 0)
            return ProduceCommand.Part(slot: part.slot, batch: part.batch, stamp: stamp)
        }
        return .send(ProduceCommand(request: command.request, node: command.node, parts: parts))
    }

    private func swapped(_ actions: [ProducerAction]) -> [ProducerAction] {
        var result = actions
        var last: (action: Int, part: ProduceCommand.Part)?
        for index in result.indices {
            guard case .send(let command) = result[index], let part = command.parts.first, part.stamp != nil else {
                continue
            }
            if let earlier = last, earlier.part.slot == part.slot,
                case .send(let before) = result[earlier.action], before.parts.count == 1, command.parts.count == 1
            {
                result[earlier.action] = .send(exchange(before, batch: part.batch))
                result[index] = .send(exchange(command, batch: earlier.part.batch))
                last = nil
            } else {
                last = (index, part)
            }
        }
        return result
    }

    private func exchange(_ command: ProduceCommand, batch: Int) -> ProduceCommand {
        let parts = command.parts.map { ProduceCommand.Part(slot: $0.slot, batch: batch, stamp: $0.stamp) }
        return ProduceCommand(request: command.request, node: command.node, parts: parts)
    }
}
