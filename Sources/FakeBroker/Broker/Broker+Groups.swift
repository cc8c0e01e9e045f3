internal import KafkaProtocol

// What group models answer, as answers to requests.

extension Broker {
    /// Has a group that exists answer a request, at once or later; false where there is no such group.
    mutating func ask(_ group: String, _ pending: Pending, _ body: (inout GroupModel, UInt64) -> Void) -> Bool {
        let now = now
        let asked: Void? = groups.change(group) { model in
            model.advance(to: now)
            body(&model, now)
        }
        guard asked != nil else { return false }
        groupCalls[pending.ticket] = pending
        return true
    }

    /// Has a group that exists answer at once; nil where there is no such group. Answers to others' requests go their way.
    mutating func askNow(_ group: String, _ ticket: UInt64, _ body: (inout GroupModel, UInt64) -> Void) -> GroupModel
        .Reply?
    {
        let now = now
        let replies = groups.change(group) { model in
            model.advance(to: now)
            body(&model, now)
            return model.takeReplies()
        }
        var own: GroupModel.Reply?
        for (number, reply) in replies ?? [] {
            if number == ticket { own = reply } else { answer(number, reply) }
        }
        return own
    }

    mutating func advanceGroups() { groups.advance(to: now) }

    mutating func answerGroupCalls() {
        for (ticket, reply) in groups.takeReplies() { answer(ticket, reply) }
    }

    private mutating func answer(_ ticket: UInt64, _ answer: GroupModel.Reply) {
        // Its connection may be gone.
        guard let pending = groupCalls.removeValue(forKey: ticket) else { return }
        switch answer {
        case .join(let response): reply(response, to: pending)
        case .sync(let response): reply(response, to: pending)
        case .heartbeat(let response): reply(response, to: pending)
        case .leave(let response): reply(response, to: pending)
        case .commit(let response): reply(response, to: pending)
        case .fetch(let response): reply(response, to: pending)
        }
    }

    /// What the ids of members begin with: another one each time that the program runs, so that no member of an earlier run is
    /// taken for one of this.
    var memberPrefix: String { "member-\(settings.incarnation)-" }
}
