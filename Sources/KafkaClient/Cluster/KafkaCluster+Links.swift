internal import EventLoop
internal import Logging

// Connections: which there are, and which one a request takes.
extension KafkaCluster {
    func start() {
        guard !isStarted else { return }
        isStarted = true
        resetBootstrap()
    }

    func resetBootstrap() {
        let old = bootstrap
        bootstrap = settings.bootstrapServers.enumerated().map { place, address in
            makeLink(LinkKey(node: -1 - Int32(place), channel: .shared, isCoordinator: false), address, isShared: false)
        }
        usesBootstrap = true
        for link in old { link.drop() }
    }

    private func makeLink(_ key: LinkKey, _ address: BrokerAddress, isShared: Bool) -> BrokerConnection {
        BrokerConnection(
            node: key.node, address: address, configuration: connectionConfiguration, clientID: settings.clientID,
            loop: loop, lane: lane,
            observer: BrokerConnection.Observer(
                readinessChanged: { [weak self] link in self?.readinessChanged(link, key, isShared: isShared) },
                throttled: { [weak self] link, until in
                    guard let self, isShared else { return }
                    for observer in self.nodeObservers { observer.observe(link.node, .silent(until: until)) }
                }))
    }

    /// The connection for a key, made where there is none; nil for a node that metadata does not know.
    func link(_ key: LinkKey) -> BrokerConnection? {
        let address = metadata.broker(key.node)?.address
        let old = links[key]
        if let old, old.address == address { return old }
        links[key] = address.map { makeLink(key, $0, isShared: key.isShared) }
        // A node that moved, or is gone, must not be talked to at its old address.
        if let old { end([(key, old)]) }
        // Whoever was told of that may have asked for it too.
        return links[key]
    }

    /// Drops the connections that `isStale` is true of, and tells those who rely on them.
    func dropLinks(where isStale: (LinkKey, BrokerConnection) -> Bool) {
        var stale: [(key: LinkKey, link: BrokerConnection)] = []
        for (key, link) in links where isStale(key, link) { stale.append((key, link)) }
        // All of them first: whoever is told may ask for the next one.
        for (key, _) in stale { links[key] = nil }
        end(stale)
    }

    /// Ends connections that are out of the books already. They close without a word, so whoever waits for them to open, or
    /// believes them open, is told here.
    private func end(_ old: [(key: LinkKey, link: BrokerConnection)]) {
        for (_, link) in old { link.drop() }
        for (key, _) in old where !(links[key]?.isConnected ?? false) {
            if key.isShared {
                for observer in nodeObservers { observer.observe(key.node, .lost) }
            }
            if key.isCoordinator {
                for observer in lossObservers where observer.channel == key.channel { observer.observe() }
            }
        }
    }

    func leastLoaded() -> BrokerConnection? {
        start()
        var best: BrokerConnection?
        func consider(_ link: BrokerConnection) {
            guard let other = best else { return best = link }
            let isBetter =
                link.isReady != other.isReady
                ? link.isReady
                : link.isConnecting != other.isConnecting && !link.isReady
                    ? link.isConnecting
                    : link.canBeTried != other.canBeTried ? link.canBeTried : link.load < other.load
            if isBetter { best = link }
        }
        for broker in metadata.brokers {
            if let link = link(LinkKey(node: broker.id, channel: .shared, isCoordinator: false)) { consider(link) }
        }
        if let best, !usesBootstrap || best.isReady { return best }
        // Turn about, so that one dead bootstrap server does not take all attempts.
        for step in 0..<bootstrap.count { consider(bootstrap[(nextBootstrap + step) % bootstrap.count]) }
        if !bootstrap.isEmpty { nextBootstrap = (nextBootstrap + 1) % bootstrap.count }
        return best
    }

    private func readinessChanged(_ link: BrokerConnection, _ key: LinkKey, isShared: Bool) {
        guard !isClosed else { return }
        if link.isConnected {
            hasReportedAbsence = false
            state = .connected
        } else {
            machine.refreshWanted(now: EventLoop.now())
            reportAbsence(link)
        }
        if isShared {
            for observer in nodeObservers { observer.observe(link.node, link.isConnected ? .ready : .lost) }
        }
        if key.isCoordinator, !link.isConnected {
            for observer in lossObservers where observer.channel == key.channel { observer.observe() }
        }
        carryOut()
    }

    private func reportAbsence(_ link: BrokerConnection) {
        guard !links.values.contains(where: \.isConnected), !bootstrap.contains(where: \.isConnected) else { return }
        guard let problem = link.lastProblem else { return }
        state = .waiting("waiting for broker \(link.address): \(problem)")
        guard !hasReportedAbsence else { return }
        hasReportedAbsence = true
        log.warning(
            "no broker can be reached; trying on", [LogField("broker", "\(link.address)"), LogField("reason", problem)])
    }
}
