internal import EventLoop
internal import KafkaProtocol
internal import Logging

// Metadata: who wants to know of which topics, and how it is kept up to date.
extension KafkaCluster {
    /// What is known at the moment.
    public var metadata: MetadataSnapshot { machine.snapshot }

    /// Keeps these topics in the metadata until `removeInterest` is called as often.
    ///
    /// - Parameter allowsCreation: the broker may create those that do not exist (`auto.create.topics.enable`).
    public func addInterest(topics: [String], allowsCreation: Bool = false) {
        guard !isClosed else { return }
        start()
        machine.interestAdded(topics, allowsCreation: allowsCreation, now: EventLoop.now())
        carryOut()
    }

    /// Takes back one `addInterest` with the same arguments.
    public func removeInterest(topics: [String], allowsCreation: Bool = false) {
        machine.interestRemoved(topics, allowsCreation: allowsCreation)
    }

    /// Keeps all topics in the metadata, or does so no more; counted.
    public func wantAllTopics(_ isWanted: Bool) {
        guard !isClosed else { return }
        start()
        machine.allTopicsWanted(isWanted, now: EventLoop.now())
        carryOut()
    }

    /// Asks for metadata soon: at once, or after the back-off where the last rounds brought nothing.
    public func refreshMetadata(reason: @autoclosure () -> String) {
        guard !isClosed else { return }
        log.debug("metadata is asked for", [LogField("reason", reason())])
        start()
        machine.refreshWanted(now: EventLoop.now())
        carryOut()
    }

    /// Calls `observe` after each change of the metadata, on the loop.
    @discardableResult
    public func observeMetadata(_ observe: @escaping (MetadataSnapshot) -> Void) -> ObserverID {
        let id = makeObserverID()
        observers.append((id, observe))
        return id
    }

    /// Takes an observer of any kind back.
    public func removeObserver(_ id: ObserverID) {
        observers.removeAll { $0.id == id }
        nodeObservers.removeAll { $0.id == id }
        stateObservers.removeAll { $0.id == id }
        lossObservers.removeAll { $0.id == id }
    }

    /// Takes in a newer leader that an answer named (KIP-951); false when it was no news or its address is unknown.
    @discardableResult
    public func updateLeader(
        topic: String, partition: Int32, leader: Int32, epoch: Int32, endpoints: [MetadataSnapshot.Broker]
    ) -> Bool {
        let isNews = machine.leaderHinted(
            topic: topic, partition: partition, leader: leader, epoch: epoch, endpoints: endpoints)
        carryOut()
        return isNews
    }

    func carryOut() {
        guard !isClosed else { return }
        var actions = machine.takeActions()
        while !actions.isEmpty, !isClosed {
            for action in actions { carryOut(action) }
            actions = machine.takeActions()
        }
        schedule()
    }

    private func carryOut(_ action: MetadataMachine.Action) {
        switch action {
        case .request(let topics, let allowsCreation): requestMetadata(topics, allowsCreation)
        case .publish: publish()
        case .rebootstrap(let closesConnections):
            log.info("starting over from the bootstrap servers")
            resetBootstrap()
            if closesConnections { dropLinks { _, _ in true } }
        }
    }

    private func requestMetadata(_ topics: [String]?, _ allowsCreation: Bool) {
        guard let link = leastLoaded() else { return }
        if !usesBootstrap, !link.isReady, !link.isConnecting, !link.canBeTried {
            loop.execute { [confined = Confined(self, to: loop)] in
                confined.value.machine.noNodeAvailable(now: EventLoop.now())
                confined.value.carryOut()
            }
            return
        }
        var message = MetadataRequest()
        message.allowAutoTopicCreation = allowsCreation
        // A name that cannot exist may make the whole request unwritable, and with it everybody's metadata old.
        message.topics = topics?.filter(TopicName.canExist).map { name in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = name
            return topic
        }
        let call = TypedCall(
            message, versions: MetadataRequest.versions, clientID: settings.clientID,
            deadline: adding(settings.requestTimeout, to: EventLoop.now()), expectsAnswer: true
        ) { [weak self] result in
            guard let self, !self.isClosed else { return }
            let now = EventLoop.now()
            switch result {
            case .success(let answer):
                self.machine.answered(
                    MetadataSnapshot(answer.response, version: answer.version), errorCode: answer.response.errorCode,
                    now: now)
            case .failure(let error):
                self.log.debug("metadata could not be had: \(error)")
                self.machine.requestFailed(now: now)
            }
            self.carryOut()
        }
        link.send(call)
    }

    private func publish() {
        let snapshot = metadata
        if !snapshot.brokers.isEmpty { usesBootstrap = false }
        // Nodes that moved or went: identity is the id, and the address only where it is found now.
        dropLinks { key, link in snapshot.broker(key.node)?.address != link.address }
        for observer in observers { observer.observe(snapshot) }
    }

    private func schedule() {
        let wanted = machine.nextDeadline() ?? .max
        guard wanted != timerAt || timer == nil else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        timerAt = wanted
        guard isStarted, wanted < .max else { return }
        timer = loop.schedule(at: wanted) { [weak self] in
            guard let self else { return }
            self.timer = nil
            self.timerAt = .max
            self.machine.timePassed(now: EventLoop.now())
            self.carryOut()
        }
    }
}
