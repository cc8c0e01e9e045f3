internal import EventLoop

// Who is told of changes, and the end.
extension KafkaCluster {
    /// Calls `observe` when a connection to a coordinator in a channel is lost or an attempt to open one has failed.
    @discardableResult
    func observeCoordinatorLosses(_ channel: Channel, _ observe: @escaping () -> Void) -> ObserverID {
        let id = makeObserverID()
        lossObservers.append((id, channel, observe))
        return id
    }

    /// Whether the shared connection to a node is open.
    func isConnected(node: Int32) -> Bool {
        links[LinkKey(node: node, channel: .shared, isCoordinator: false)]?.isConnected ?? false
    }

    /// Opens the shared connection to a node; observers of nodes learn how that went, whenever it changes.
    ///
    /// - Returns: false for a node that the metadata does not name: then nobody is told anything, and the next metadata is the
    ///   occasion to ask again.
    @discardableResult
    func connect(node: Int32) -> Bool {
        guard !isClosed else { return false }
        guard let link = link(LinkKey(node: node, channel: .shared, isCoordinator: false)) else {
            refreshMetadata(reason: "node \(node) is not known")
            return false
        }
        link.connect()
        return true
    }

    /// What a node can do, as users of the shared connections see it.
    enum NodeState: Equatable {
        case ready, lost
        case silent(until: UInt64)
    }

    func observeNodes(_ observe: @escaping (Int32, NodeState) -> Void) -> ObserverID {
        let id = makeObserverID()
        nodeObservers.append((id, observe))
        return id
    }

    /// Calls `observe` after each change of `state`, on the loop.
    @discardableResult
    public func observeState(_ observe: @escaping (ClusterState) -> Void) -> ObserverID {
        let id = makeObserverID()
        stateObservers.append((id, observe))
        return id
    }

    /// Ends all connections; calls under way fail with `.closed`.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        if let timer { loop.cancel(timer) }
        timer = nil
        let all = Array(links.values) + bootstrap
        links.removeAll()
        bootstrap.removeAll()
        let lookups = coordinators
        coordinators.removeAll()
        for link in all { link.shutDown() }
        for lookup in lookups.values { lookup.failAll(Self.closedError) }
        observers.removeAll()
        nodeObservers.removeAll()
        lossObservers.removeAll()
        state = .closed
    }

    func makeObserverID() -> ObserverID {
        lastNumber += 1
        return ObserverID(number: lastNumber)
    }
}
