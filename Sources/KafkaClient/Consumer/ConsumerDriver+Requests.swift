internal import EventLoop
internal import KafkaProtocol

// The machine's requests over the cluster.
extension ConsumerDriver {
    private func options(timeout: UInt64) -> KafkaCluster.RequestOptions {
        KafkaCluster.RequestOptions(
            deadline: adding(timeout, to: EventLoop.now()), channel: channel, clientID: client.clientID)
    }

    private var coordinator: KafkaCluster.Destination { .groupCoordinator(settings.groupID ?? "") }

    private static func answer<Wire, Value>(
        _ result: Result<KafkaCluster.Answer<Wire>, ClientError>, _ read: (Wire) -> Value
    ) -> Result<Value, RequestFault> {
        switch result {
        case .success(let whole): .success(read(whole.response))
        case .failure(let error): .failure(RequestFault(error))
        }
    }

    func send(_ request: GroupRequest) {
        let token = request.token
        let options = options(timeout: request.timeout)
        switch request.body {
        case .join(let join):
            cluster.request(join.wire, to: coordinator, options: options) { [weak self] result in
                guard let self else { return }
                tell { $0.joinAnswered(token: token, Self.answer(result) { GroupJoinAnswer($0) }, at: instant) }
            }
        case .sync(let sync):
            cluster.request(sync.wire, to: coordinator, options: options) { [weak self] result in
                guard let self else { return }
                tell { $0.syncAnswered(token: token, Self.answer(result) { GroupSyncAnswer($0) }, at: instant) }
            }
        case .heartbeat(let beat):
            cluster.request(beat.wire, to: coordinator, options: options) { [weak self] result in
                guard let self else { return }
                tell {
                    $0.heartbeatAnswered(
                        token: token, Self.answer(result) { ErrorCode(rawValue: $0.errorCode) }, at: instant)
                }
            }
        case .leave(let leave):
            // Not behind a JoinGroup that the broker holds back until everyone has joined.
            var options = options
            options.channel = .shared
            cluster.request(leave.wire, to: coordinator, options: options) { [weak self] _ in
                guard let self else { return }
                tell { $0.leaveAnswered(token: token, at: instant) }
            }
        }
    }

    func commit(_ token: UInt64, _ identity: GroupIdentity?, _ offsets: [CommitMachine.Offset]) {
        if let gate = cluster.gate, !gate.allows(EventLoop.now()) { return hold(token, gate) }
        var options = options(timeout: client.requestTimeout)
        // From version 10 on topics go by id, which this client, like Java's classic consumer, does not ask for.
        options.maximumVersion = 9
        let request = OffsetWire.commit(groupID: settings.groupID ?? "", identity, offsets)
        cluster.request(request, to: coordinator, options: options) { [weak self] result in
            guard let self else { return }
            tell { $0.commitAnswered(token: token, Self.answer(result) { OffsetWire.codes($0) }, at: instant) }
        }
    }

    /// Leaves a commit with the machine until the worker's session holds again. At most one call waits: the machine sends
    /// no other commit before.
    private func hold(_ token: UInt64, _ gate: SessionGate) {
        tell { $0.commitHeld(token: token, at: instant) }
        gate.whenOpen { [confined = Confined(self, to: cluster.loop), loop = cluster.loop] in
            loop.execute {
                let driver = confined.value
                driver.tell { $0.commitsReleased(at: driver.instant) }
            }
        }
    }

    func fetchCommitted(_ token: UInt64, _ ids: [TopicPartition]) {
        var options = options(timeout: client.requestTimeout)
        options.minimumVersion = 8
        options.maximumVersion = 9
        let group = settings.groupID ?? ""
        cluster.request(OffsetWire.fetch(groupID: group, ids), to: coordinator, options: options) {
            [weak self] result in
            guard let self else { return }
            if case .failure(let error) = result, error.code == .unsupportedVersion {
                return fetchCommittedOfOne(token, ids, version: 7)
            }
            tell {
                $0.committedAnswered(
                    token: token, Self.answer(result) { OffsetWire.committed($0, groupID: group) }, at: instant)
            }
        }
    }

    /// The request in the shape of brokers before 3.0, which know one group a request; before 2.5 they cannot wait for open
    /// transactions either.
    private func fetchCommittedOfOne(_ token: UInt64, _ ids: [TopicPartition], version: Int16) {
        var options = options(timeout: client.requestTimeout)
        options.minimumVersion = version == 7 ? 7 : nil
        options.maximumVersion = version
        let group = settings.groupID ?? ""
        let request = OffsetWire.fetchOfOne(groupID: group, ids, isStable: version == 7)
        cluster.request(request, to: coordinator, options: options) { [weak self] result in
            guard let self else { return }
            if version == 7, case .failure(let error) = result, error.code == .unsupportedVersion {
                return fetchCommittedOfOne(token, ids, version: 6)
            }
            tell {
                $0.committedAnswered(
                    token: token, Self.answer(result) { OffsetWire.committed($0, groupID: group) }, at: instant)
            }
        }
    }

    func fetch(_ node: Int32, _ token: UInt64, _ plan: FetchPlan) {
        var options = options(timeout: client.requestTimeout)
        if FetchWire.needsNames(plan) { options.maximumVersion = 12 }
        cluster.request(FetchWire.fetch(plan), to: .node(node), options: options) { [weak self] result in
            guard let self else { return }
            if case .success(let whole) = result { takeHints(whole.response, whole.version) }
            fetched(node, token, result)
        }
    }

    func listOffsets(_ node: Int32, _ token: UInt64, _ isolation: Int8, _ questions: [OffsetQuestion]) {
        var options = options(timeout: client.requestTimeout)
        options.channel = .shared
        let request = FetchWire.listOffsets(questions, isolation: isolation)
        cluster.request(request, to: .node(node), options: options) { [weak self] result in
            guard let self else { return }
            tell { $0.offsetsListed(token: token, Self.answer(result) { FetchWire.listed($0) }, at: instant) }
        }
    }

    func askEpochs(_ node: Int32, _ token: UInt64, _ questions: [EpochQuestion]) {
        var options = options(timeout: client.requestTimeout)
        options.channel = .shared
        cluster.request(FetchWire.epochs(questions), to: .node(node), options: options) { [weak self] result in
            guard let self else { return }
            tell { $0.epochsAnswered(token: token, Self.answer(result) { FetchWire.ends($0) }, at: instant) }
        }
    }

    /// Leaders that a refusal named (KIP-951): they are news for the whole cluster object.
    private func takeHints(_ response: FetchResponse, _ version: Int16) {
        guard version >= 16, !response.nodeEndpoints.isEmpty else { return }
        let endpoints = response.nodeEndpoints.compactMap { node -> MetadataSnapshot.Broker? in
            guard let port = UInt16(exactly: node.port), port > 0, !node.host.isEmpty, node.nodeId >= 0 else {
                return nil
            }
            return MetadataSnapshot.Broker(
                id: node.nodeId, address: BrokerAddress(host: node.host, port: port), rack: node.rack)
        }
        for topic in response.responses {
            let id = MetadataSnapshot.TopicID(high: topic.topicId.high, low: topic.topicId.low)
            guard let name = cluster.metadata.topics.first(where: { $0.id == id })?.name else { continue }
            for partition in topic.partitions where partition.currentLeader.leaderId >= 0 {
                cluster.updateLeader(
                    topic: name, partition: partition.partitionIndex, leader: partition.currentLeader.leaderId,
                    epoch: partition.currentLeader.leaderEpoch, endpoints: endpoints)
            }
        }
    }
}
