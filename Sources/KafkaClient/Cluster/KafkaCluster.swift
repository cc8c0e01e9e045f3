public import EventLoop
public import KafkaProtocol
internal import Logging

/// A Kafka cluster as one client sees it: its connections, its metadata, its coordinators.
///
/// One object serves all producers, consumers and admin calls with equal cluster and security settings. Confined to its
/// loop: every call is made there and every completion runs there, never inside the call that asked for it except where
/// the answer is already certain. Nothing here retries: a failed request says whether it may have been carried out, and
/// the callers' machines decide.
public final class KafkaCluster {
    /// A set of connections of its own. Brokers serve the requests of one connection in order, so that a Fetch which
    /// waits for data would hold up everything behind it.
    public struct Channel: Hashable, Sendable {
        let number: Int
        /// The connections that everybody uses for requests with quick answers.
        public static let shared = Channel(number: 0)
    }

    /// Who shall answer a request.
    public enum Destination: Hashable, Sendable {
        /// The broker with that id.
        case node(Int32)
        /// Whichever broker is connected and has least to do.
        case leastLoaded
        /// The controller as metadata names it; with KRaft any broker forwards.
        case controller
        /// The coordinator of a group, on a connection of its own; looked up once and remembered.
        case groupCoordinator(String)
    }

    /// How a request is sent.
    public struct RequestOptions: Sendable {
        /// Which connections to use.
        public var channel = Channel.shared
        /// The name in the request's header; nil for the cluster's `client.id`.
        public var clientID: String?
        /// Monotonic nanoseconds by which an answer must be there, waiting for a connection included; nil for
        /// `request.timeout.ms` from now.
        public var deadline: UInt64?
        /// A limit below the highest version that this client knows.
        public var maximumVersion: Int16?
        /// A limit above the lowest version that this client knows.
        public var minimumVersion: Int16?
        /// False for Produce with acks=0, to which no answer comes.
        public var expectsAnswer = true

        /// The usual way.
        public init() {}

        /// The usual way, with a deadline and perhaps a channel.
        public init(deadline: UInt64?, channel: Channel = .shared, clientID: String? = nil) {
            self.deadline = deadline
            self.channel = channel
            self.clientID = clientID
        }
    }

    /// An answer with what it came in.
    public struct Answer<Response: Sendable>: Sendable {
        /// The message.
        public let response: Response
        /// The version in which it was exchanged.
        public let version: Int16
        /// Id of the broker that answered; negative for a bootstrap server.
        public let node: Int32
        /// Owns the bytes that records in the message point into; nil when there are none.
        public let frame: FrameBuffer?
    }

    /// Names an observer, to take it back.
    public struct ObserverID: Hashable, Sendable { let number: Int }

    struct LinkKey: Hashable {
        let node: Int32
        let channel: Channel
        /// Coordinators have connections of their own even in one channel.
        let isCoordinator: Bool
    }

    static let closedError = ClientError(.closed, .fatal, "the client was closed")

    /// The settings that all users of this object share.
    public let settings: ClientSettings
    /// The loop that this object lives on.
    public let loop: EventLoop
    /// While it is closed, no Produce and no OffsetCommit leaves. Nil: both may always.
    package let gate: SessionGate?
    let lane: Lane
    let log = Logger("kafka.client.cluster")
    let connectionConfiguration: ConnectionMachine.Configuration
    var machine: MetadataMachine
    var links: [LinkKey: BrokerConnection] = [:]
    var bootstrap: [BrokerConnection] = []
    var usesBootstrap = true
    var coordinators: [String: CoordinatorLookup] = [:]
    var isClosed = false
    private(set) var isStarted = false
    private var observers: [(id: ObserverID, observe: (MetadataSnapshot) -> Void)] = []
    private var nodeObservers: [(id: ObserverID, observe: (Int32, NodeState) -> Void)] = []
    private var stateObservers: [(id: ObserverID, observe: (ClusterState) -> Void)] = []
    private var lossObservers: [(id: ObserverID, channel: Channel, observe: () -> Void)] = []
    private var lastNumber = 0
    private var timer: TimerID?
    private var timerAt: UInt64 = .max
    private var nextBootstrap = 0
    private var hasReportedAbsence = false

    /// Makes a client of a cluster; nothing is connected until somebody asks for something.
    ///
    /// - Parameter pool: where host names are looked up.
    public convenience init(settings: ClientSettings, loop: EventLoop, pool: BlockingPool) {
        self.init(settings: settings, loop: loop, pool: pool, gate: nil)
    }

    /// The same with a gate that what is written must pass.
    package init(settings: ClientSettings, loop: EventLoop, pool: BlockingPool, gate: SessionGate?) {
        self.gate = gate
        self.settings = settings
        self.loop = loop
        lane = pool.makeLane("kafka-dns", for: .worker)
        var connection = ConnectionMachine.Configuration()
        connection.reconnectBackoff = settings.reconnectBackoff
        connection.setupTimeout = settings.connectionSetup
        connection.requestTimeout = settings.requestTimeout
        connection.maxIdle = settings.connectionsMaxIdle
        connectionConfiguration = connection
        var metadata = MetadataMachine.Configuration()
        metadata.maxAge = settings.metadataMaxAge
        metadata.retryBackoff = settings.retryBackoff
        metadata.rebootstraps = settings.rebootstraps
        metadata.rebootstrapTrigger = settings.rebootstrapTrigger
        machine = MetadataMachine(configuration: metadata, seed: EventLoop.now())
    }

    // MARK: - Requests

    /// Sends a request and hands over its answer or the reason why there is none.
    ///
    /// The version is the highest that both sides speak. Errors: `.disconnected` and `.timedOut` (the broker may have
    /// acted), `.noBroker` (it never left), `.unsupportedVersion`, `.malformedAnswer`, `.closed`. Error codes inside an
    /// answer are the caller's.
    public func request<R: KafkaRequest>(
        _ request: R, to destination: Destination, options: RequestOptions = RequestOptions(),
        completion: @escaping (Result<Answer<R.Response>, ClientError>) -> Void
    ) {
        guard !isClosed else { return completion(.failure(Self.closedError)) }
        start()
        let least = max(R.versions.lowerBound, options.minimumVersion ?? R.versions.lowerBound)
        let most = max(least, min(R.versions.upperBound, options.maximumVersion ?? R.versions.upperBound))
        let call = TypedCall(
            request, versions: least...most, clientID: options.clientID ?? settings.clientID,
            deadline: options.deadline ?? adding(settings.requestTimeout, to: EventLoop.now()),
            expectsAnswer: options.expectsAnswer, completion: completion)
        if gate != nil, R.apiKey == ProduceRequest.apiKey || R.apiKey == OffsetCommitRequest.apiKey { call.gate = gate }
        send(call, to: destination, channel: options.channel)
    }

    func send(_ call: ClusterCall, to destination: Destination, channel: Channel) {
        switch destination {
        case .node(let id):
            guard let link = link(LinkKey(node: id, channel: channel, isCoordinator: false)) else {
                refreshMetadata(reason: "node \(id) is not known")
                return call.fail(
                    ClientError(.noBroker, .retriable, "the cluster has no broker \(id) at the moment"))
            }
            link.send(call)
        case .controller:
            let id = metadata.controllerID
            guard let link = link(LinkKey(node: id, channel: channel, isCoordinator: false)) else {
                return sendAnywhere(call)
            }
            link.send(call)
        case .leastLoaded:
            sendAnywhere(call)
        case .groupCoordinator(let group):
            findCoordinator(of: group, for: call, channel: channel)
        }
    }

    private func sendAnywhere(_ call: ClusterCall) {
        guard let link = leastLoaded() else {
            return call.fail(ClientError(.noBroker, .configuration, "bootstrap.servers names no broker"))
        }
        call.reroute = { [weak self, weak call] in
            guard let self, let call else { return }
            guard !self.isClosed, call.deadline > EventLoop.now() else {
                return call.fail(
                    ClientError(.noBroker, .retriable, "no broker could be reached in time; \(self.state)"))
            }
            self.sendAnywhere(call)
        }
        link.send(call)
    }

    /// Makes a set of connections that nobody else uses.
    public func makeChannel() -> Channel {
        lastNumber += 1
        return Channel(number: lastNumber)
    }

    /// Closes the connections of a channel; calls on it fail.
    public func closeChannel(_ channel: Channel) {
        guard channel != .shared else { return }
        for (key, link) in links where key.channel == channel {
            links[key] = nil
            link.shutDown()
        }
    }

    /// The highest version of an API that a broker offers; nil while no connection to it has told.
    public func maximumVersion(of apiKey: Int16, at node: Int32) -> Int16? {
        for (key, link) in links where key.node == node {
            if let version = link.versions?.maximum(of: apiKey) { return version }
        }
        return nil
    }

    // MARK: - Metadata

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

    // MARK: - State

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
    func connect(node: Int32) {
        guard !isClosed else { return }
        guard let link = link(LinkKey(node: node, channel: .shared, isCoordinator: false)) else {
            refreshMetadata(reason: "node \(node) is not known")
            return
        }
        link.connect()
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

    /// How the cluster can be reached, in words for an operator.
    public private(set) var state = ClusterState.idle {
        didSet {
            guard state != oldValue else { return }
            for observer in stateObservers { observer.observe(state) }
        }
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

    private func makeObserverID() -> ObserverID {
        lastNumber += 1
        return ObserverID(number: lastNumber)
    }

    // MARK: - Links

    private func start() {
        guard !isStarted else { return }
        isStarted = true
        resetBootstrap()
    }

    private func resetBootstrap() {
        let old = bootstrap
        bootstrap = settings.bootstrapServers.enumerated().map { place, address in
            makeLink(LinkKey(node: -1 - Int32(place), channel: .shared, isCoordinator: false), address, isShared: false)
        }
        for link in old { link.shutDown() }
        usesBootstrap = true
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
        if let link = links[key] {
            // A node that moved, or is gone, must not be talked to at its old address.
            if let address, address == link.address { return link }
            links[key] = nil
            link.shutDown()
        }
        guard let address else { return nil }
        let isShared = key.channel == .shared && !key.isCoordinator
        let link = makeLink(key, address, isShared: isShared)
        links[key] = link
        return link
    }

    private func leastLoaded() -> BrokerConnection? {
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

    // MARK: - The metadata machine

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
            guard closesConnections else { return }
            let old = links
            links.removeAll()
            for link in old.values { link.shutDown() }
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
        for (key, link) in links where snapshot.broker(key.node)?.address != link.address {
            links[key] = nil
            link.shutDown()
        }
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
