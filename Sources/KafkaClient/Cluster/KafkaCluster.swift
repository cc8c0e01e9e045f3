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
    public enum Destination: Sendable {
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

        /// Whether observers of nodes are told of the connection.
        var isShared: Bool { channel == .shared && !isCoordinator }
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
    var coordinators: [ExactName: CoordinatorLookup] = [:]
    var isClosed = false
    var isStarted = false
    var observers: [(id: ObserverID, observe: (MetadataSnapshot) -> Void)] = []
    var nodeObservers: [(id: ObserverID, observe: (Int32, NodeState) -> Void)] = []
    var stateObservers: [(id: ObserverID, observe: (ClusterState) -> Void)] = []
    var lossObservers: [(id: ObserverID, channel: Channel, observe: () -> Void)] = []
    var lastNumber = 0
    var timer: TimerID?
    var timerAt: UInt64 = .max
    var nextBootstrap = 0
    var hasReportedAbsence = false

    /// How the cluster can be reached, in words for an operator.
    public internal(set) var state = ClusterState.idle {
        didSet {
            guard state != oldValue else { return }
            for observer in stateObservers { observer.observe(state) }
        }
    }

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
}
