internal import EventLoop
internal import KafkaProtocol
internal import Logging

/// Runs a ``ConsumerMachine`` on the loop: carries its actions out over the cluster and brings the answers back.
///
/// Confined to the loop of its cluster. The application's side is in ``ConsumerShared``.
final class ConsumerDriver {
    let cluster: KafkaCluster
    let client: ClientSettings
    let settings: ConsumerSettings
    let shared: ConsumerShared
    let log = Logger("kafka.client.consumer")
    /// Connections of its own: a fetch or join that the broker holds back must hold back nobody else.
    private(set) lazy var channel = cluster.makeChannel()
    private(set) var machine: ConsumerMachine?
    private var isSubscribing = false
    private var matches: (@Sendable (String) -> Bool)?
    private var watched: [String] = []
    private var observer: KafkaCluster.ObserverID?
    private var timer: TimerID?
    private var timerAt: UInt64 = .max
    /// When the machine wants its next event: asked while it is at hand, because to ask it in its place is to copy it.
    private var wantedAt: UInt64 = .max
    private var pending: [ConsumerMachine.Action] = []
    private var isCarryingOut = false
    private var isEnded = false
    private var closing: [@Sendable () -> Void] = []

    init(cluster: KafkaCluster, client: ClientSettings, settings: ConsumerSettings, shared: ConsumerShared) {
        self.cluster = cluster
        self.client = client
        self.settings = settings
        self.shared = shared
    }

    var instant: Instant { Instant(monotonic: EventLoop.now(), wall: EventLoop.wallMilliseconds()) }

    /// Feeds the machine one event and carries out what it wants.
    func tell(_ event: (inout ConsumerMachine) -> [ConsumerMachine.Action]) {
        // Taken out for the call, not copied, so that it is changed in place.
        guard !isEnded, var machine = self.machine.take() else { return }
        let actions = event(&machine)
        wantedAt = machine.nextDeadline(after: EventLoop.now()) ?? .max
        self.machine = machine
        // An action may bring another event at once (a request that cannot be sent): its actions come behind these.
        pending += actions
        guard !isCarryingOut else { return }
        isCarryingOut = true
        while !pending.isEmpty {
            let due = pending
            pending = []
            for action in due { carryOut(action) }
        }
        isCarryingOut = false
        schedule()
    }

    // MARK: - Actions

    private func carryOut(_ action: ConsumerMachine.Action) {
        switch action {
        case .group(let request): send(request)
        case .commit(let token, let identity, let offsets): commit(token, identity, offsets)
        case .committed(let token, let ids): fetchCommitted(token, ids)
        case .fetch(let node, let token, let plan): fetch(node, token, plan)
        case .listOffsets(let node, let token, let isolation, let questions):
            listOffsets(node, token, isolation, questions)
        case .leaderEpochs(let node, let token, let questions): askEpochs(node, token, questions)
        case .forgetCoordinator:
            if let group = settings.groupID { cluster.invalidateCoordinator(group: group) }
        case .refreshMetadata(let reason): cluster.refreshMetadata(reason: reason)
        case .positionLost(let id, let text): report(id, text)
        case .watchTopics(let topics): watch(topics)
        case .deliver: break  // taken out by `fetched`, which has the bytes
        case .drop(let ids): shared.drop(ids)
        case .event(let event): announce(event)
        case .commitDone(let id, let outcome): shared.append(commit: id, outcome)
        case .closed: end()
        }
    }

    private func announce(_ event: ConsumerMachine.Event) {
        report(event)
        let isUnknown = shared.append(event, losses: machine?.losses ?? 0)
        guard isUnknown else { return }
        switch event {
        case .revoking: tell { $0.revocationFinished(at: instant) }
        case .lost: tell { $0.lossHandled(at: instant) }
        case .assigned, .failed: break
        }
    }

    private func report(_ id: TopicPartition, _ text: String) {
        log.warning(
            "another position is taken, as auto.offset.reset says: \(text)",
            [LogField("group", settings.groupID ?? ""), LogField("partition", id.description)])
    }

    private func report(_ event: ConsumerMachine.Event) {
        let group = LogField("group", settings.groupID ?? "")
        switch event {
        case .assigned(let beginnings):
            log.info(
                "partitions assigned",
                [
                    group,
                    LogField("partitions", beginnings.map { "\($0.partition)@\($0.offset)" }.joined(separator: " ")),
                ])
        case .revoking(let ids):
            log.info(
                "giving partitions up", [group, LogField("partitions", ids.map(\.description).joined(separator: " "))])
        case .lost(let ids):
            log.warning(
                "partitions were lost with the membership",
                [group, LogField("partitions", ids.map(\.description).joined(separator: " "))])
        case .failed(let id, let code, let text):
            log.error(
                "the consumer cannot go on: \(text)",
                [group, LogField("partition", id?.description ?? ""), LogField("code", code.name)])
        }
    }

    private func watch(_ topics: [String]) {
        let added = topics.filter { !watched.contains(where: $0.hasBytes(of:)) }
        let gone = watched.filter { !topics.contains(where: $0.hasBytes(of:)) }
        watched = topics
        if !added.isEmpty { cluster.addInterest(topics: added, allowsCreation: createsTopics) }
        if !gone.isEmpty { cluster.removeInterest(topics: gone, allowsCreation: createsTopics) }
    }

    /// A topic that matched a pattern and is gone is no longer wanted.
    private var createsTopics: Bool { settings.allowsTopicCreation && matches == nil }

    /// Whether a heartbeat that is late by a sixteenth still comes well within the session.
    private var hasTime: Bool { settings.heartbeatInterval < settings.sessionTimeout / 2 }

    private func schedule() {
        guard !isEnded else { return }
        let wanted = wantedAt
        guard wanted != timerAt || timer == nil else { return }
        if let timer { cluster.loop.cancel(timer) }
        timer = nil
        timerAt = wanted
        guard wanted < .max else { return }
        timer = cluster.loop.schedule(at: hasTime ? EventLoop.coalesced(wanted, now: EventLoop.now()) : wanted) {
            [weak self] in
            guard let self else { return }
            timer = nil
            timerAt = .max
            applicationPolled()
            tell { $0.advance(to: instant) }
        }
    }

    private func end() {
        guard !isEnded else { return }
        isEnded = true
        if let timer { cluster.loop.cancel(timer) }
        timer = nil
        if let observer { cluster.removeObserver(observer) }
        if matches != nil { cluster.wantAllTopics(false) }
        watch([])
        cluster.closeChannel(channel)
        let unanswered = shared.close()
        let error = ClientError(.closed, .fatal, "the consumer was closed before the commit was confirmed")
        for completion in unanswered { completion(.failure(error)) }
        for completion in closing { completion() }
        closing = []
    }

    // MARK: - Data

    func fetched(_ node: Int32, _ token: UInt64, _ result: Result<KafkaCluster.Answer<FetchResponse>, ClientError>) {
        switch result {
        case .failure(let error):
            tell { $0.fetched(node: node, token: token, .failure(RequestFault(error)), at: instant) }
        case .success(let whole):
            let empty = UnsafeRawBufferPointer(start: nil, count: 0)
            let answer = FetchWire.answer(
                whole.response, version: whole.version, frame: whole.frame?.bytes ?? empty)
            tell { machine in
                let actions = machine.fetched(node: node, token: token, .success(answer), at: instant)
                for case .deliver(let delivery) in actions { deliver(delivery, whole, answer) }
                return actions
            }
        }
    }

    private func deliver(
        _ delivery: FetchDelivery, _ whole: KafkaCluster.Answer<FetchResponse>, _ answer: FetchAnswer
    ) {
        guard let owner = whole.frame, answer.partitions.indices.contains(delivery.place),
            let start = Self.place(delivery.place, in: whole.response)
        else { return }
        let partition = answer.partitions[delivery.place]
        shared.append(
            FetchedChunk(
                delivery, nextOffset: partition.span.nextOffset, isReadCommitted: settings.isReadCommitted,
                aborted: settings.isReadCommitted ? partition.aborted : [], owner: owner, start: start,
                checksChecksums: settings.checksChecksums))
    }

    /// Where the records of the partition at a place lie in the frame.
    private static func place(_ place: Int, in response: FetchResponse) -> Int? {
        var left = place
        for topic in response.responses {
            if left < topic.partitions.count {
                guard case .slice(let offset, _) = topic.partitions[left].records else { return nil }
                return offset
            }
            left -= topic.partitions.count
        }
        return nil
    }

    // MARK: - The application

    func subscribe(_ topics: [String]) {
        guard begin(isSubscribing: true) else { return }
        tell { $0.subscribe(topics, at: instant) }
    }

    func subscribe(matching matches: @escaping @Sendable (String) -> Bool) {
        guard begin(isSubscribing: true) else { return }
        if self.matches == nil { cluster.wantAllTopics(true) }
        self.matches = matches
        metadataChanged(cluster.metadata)
    }

    func assign(_ partitions: [(partition: TopicPartition, offset: Int64?)]) {
        guard begin(isSubscribing: false) else { return }
        tell { machine in
            machine.assign(
                partitions.map { entry in (entry.partition, entry.offset.map { .offset($0, epoch: -1) }) },
                at: instant)
        }
    }

    /// Makes the machine at the first subscription or assignment; false where the two are mixed or a group id lacks.
    private func begin(isSubscribing: Bool) -> Bool {
        guard !isEnded else { return false }
        if machine != nil {
            guard self.isSubscribing == isSubscribing else {
                refuse("a consumer either subscribes or is assigned partitions, not both")
                return false
            }
            return true
        }
        if isSubscribing, settings.groupID == nil {
            refuse("group.id is needed to subscribe to topics")
            return false
        }
        self.isSubscribing = isSubscribing
        machine = ConsumerMachine(
            settings: settings.machine(client, isSubscribing: isSubscribing), seed: EventLoop.now())
        observer = cluster.observeMetadata { [weak self] snapshot in self?.metadataChanged(snapshot) }
        tell { $0.topologyChanged(cluster.metadata, at: instant) }
        return true
    }

    private func refuse(_ text: String) {
        _ = shared.append(.failed(nil, .invalidRequest, text), losses: machine?.losses ?? 0)
    }

    private func metadataChanged(_ snapshot: MetadataSnapshot) {
        tell { $0.topologyChanged(snapshot, at: instant) }
        guard let matches else { return }
        let topics = snapshot.topics.filter {
            $0.errorCode == 0 && !($0.isInternal && settings.excludesInternalTopics) && matches($0.name)
        }
        tell { $0.subscribe(topics.map(\.name), at: instant) }
    }

    func applicationPolled() {
        let isAwaited = machine?.groupState == .expired
        let polls = shared.takePolls(isPollAwaited: isAwaited)
        tell { $0.applicationOwesPoll(since: polls.owesSince, at: instant) }
        if polls.hasHandledLoss { tell { $0.lossHandled(at: instant) } }
        apply(polls.reported)
        for taken in polls.taken {
            tell { $0.taken(taken.partition, incarnation: taken.incarnation, bytes: taken.bytes, at: instant) }
        }
    }

    private func apply(_ reported: ConsumerShared.Reported) {
        for (partition, offset) in reported.offsets {
            machine?.consumed(partition, upTo: offset, losses: reported.losses)
        }
    }

    func commit(
        id: UInt64, _ offsets: [(partition: TopicPartition, offset: Int64)], reported: ConsumerShared.Reported,
        losses: UInt64
    ) {
        apply(reported)
        guard machine != nil, !isEnded else {
            shared.append(commit: id, .refused(.invalidRequest, "the consumer holds no partitions"))
            return
        }
        tell { machine in
            machine.commit(
                id: id, offsets.map { CommitMachine.Offset(partition: $0.partition, offset: $0.offset) },
                losses: losses, at: instant)
        }
    }

    func finishRevocation(reported: ConsumerShared.Reported) {
        apply(reported)
        tell { $0.revocationFinished(at: instant) }
    }

    func setPaused(_ isPaused: Bool, _ partitions: [TopicPartition]) {
        tell { $0.setPaused(isPaused, partitions, at: instant) }
    }

    func seek(_ partition: TopicPartition, to offset: Int64, losses: UInt64) {
        tell { $0.seek(partition, to: .offset(offset, epoch: -1), losses: losses, at: instant) }
        shared.seekEnded(partition)
    }

    func close(reported: ConsumerShared.Reported, _ completion: @escaping @Sendable () -> Void) {
        apply(reported)
        guard !isEnded else {
            completion()
            return
        }
        closing.append(completion)
        guard machine != nil else {
            end()
            return
        }
        tell { $0.close(at: instant) }
    }
}
