internal import EventLoop
internal import KafkaProtocol

/// The look-up of one group's coordinator: what it found, and who waits for it.
///
/// It has its own lifetime: one caller that gives up must not take the look-up from the others.
final class CoordinatorLookup {
    var node: Int32?
    var isAsked = false
    var waiting: [(call: ClusterCall, channel: KafkaCluster.Channel)] = []

    func failAll(_ error: ClientError) {
        let calls = waiting
        waiting.removeAll()
        for (call, _) in calls { call.fail(error) }
    }
}

extension KafkaCluster {
    /// Forgets a group's coordinator, after error 15 or 16 or a lost connection.
    public func invalidateCoordinator(group: String) {
        coordinators[ExactName(group)]?.node = nil
    }

    /// Whether a group's coordinator is known and connected in a channel.
    func isCoordinatorConnected(group: String, channel: Channel) -> Bool {
        guard let node = coordinators[ExactName(group)]?.node else { return false }
        return links[LinkKey(node: node, channel: channel, isCoordinator: true)]?.isConnected ?? false
    }

    func findCoordinator(of group: String, for call: ClusterCall, channel: Channel) {
        let lookup = coordinators[ExactName(group)] ?? CoordinatorLookup()
        coordinators[ExactName(group)] = lookup
        if let node = lookup.node,
            let link = link(LinkKey(node: node, channel: channel, isCoordinator: true))
        {
            return link.send(call)
        }
        lookup.node = nil
        lookup.waiting.append((call, channel))
        guard !lookup.isAsked else { return }
        lookup.isAsked = true
        ask(group, lookup, deadline: call.deadline)
    }

    private func ask(_ group: String, _ lookup: CoordinatorLookup, deadline: UInt64) {
        var message = FindCoordinatorRequest()
        message.key = group
        var options = RequestOptions(deadline: deadline)
        // Version 4 asks for many groups at once, in another field; one is all that is ever asked for here.
        options.maximumVersion = 3
        request(message, to: .leastLoaded, options: options) { [weak self] result in
            lookup.isAsked = false
            guard let self, !self.isClosed else { return lookup.failAll(Self.closedError) }
            switch result {
            case .failure(let error):
                lookup.failAll(
                    ClientError(
                        .noBroker, error.kind, "the coordinator of group \(group) is not known: \(error.message)"))
            case .success(let answer):
                self.found(group, lookup, answer)
            }
        }
    }

    private func found(_ group: String, _ lookup: CoordinatorLookup, _ answer: Answer<FindCoordinatorResponse>) {
        let (code, node) = (answer.response.errorCode, answer.response.nodeId)
        let (host, port) = (answer.response.host, answer.response.port)
        guard code == 0 else {
            let kind: ClientError.Kind = code == 30 ? .authorization : code == 24 || code == 42 ? .fatal : .retriable
            let words = answer.response.errorMessage.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
            return lookup.failAll(
                ClientError(
                    .broker, kind, "the coordinator of group \(group) is not available (error \(code))\(words)",
                    brokerCode: code))
        }
        lookup.node = node
        if metadata.broker(node) == nil, let port = UInt16(exactly: port), port > 0, !host.isEmpty {
            // Metadata may not name the node yet.
            machine.brokerLearned(MetadataSnapshot.Broker(id: node, address: BrokerAddress(host: host, port: port)))
            carryOut()
        }
        let calls = lookup.waiting
        lookup.waiting.removeAll()
        for (call, channel) in calls {
            guard let link = link(LinkKey(node: node, channel: channel, isCoordinator: true)) else {
                call.fail(ClientError(.noBroker, .retriable, "coordinator \(node) of group \(group) has no address"))
                continue
            }
            link.send(call)
        }
    }
}
