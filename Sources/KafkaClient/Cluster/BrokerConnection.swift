internal import EventLoop
internal import KafkaProtocol
internal import Logging

/// One connection to one broker: carries out what its machine decides, on the loop.
///
/// Calls given before the connection stands wait here, each until its own deadline. Confined to the loop.
final class BrokerConnection {
    /// What the owner is told.
    struct Observer {
        /// Requests can be sent, or can no more (an attempt that failed included).
        var readinessChanged: (BrokerConnection) -> Void
        var throttled: (BrokerConnection, UInt64) -> Void
    }

    let address: BrokerAddress
    /// Node id; negative for a bootstrap server whose id is not known.
    let node: Int32
    private(set) var versions: BrokerVersions?
    /// Why the last attempt or connection ended, for an operator.
    private(set) var lastProblem: String?

    private let errors: ConnectionErrors
    private let loop: EventLoop
    private let lane: Lane
    private let observer: Observer
    private let frameLimit: Int
    private let clientID: String
    private let log = Logger("kafka.client.connection")
    private var machine: ConnectionMachine
    private var tcp: TCPConnection?
    private var reader: FrameReader
    private var addresses: [SocketAddress] = []
    private var waiting: [ClusterCall] = []
    private var onWire: [(correlation: Int32, version: Int16, call: ClusterCall)] = []
    /// Calls to which no answer comes, until the kernel has their bytes.
    private var unanswered: [(version: Int16, call: ClusterCall)] = []
    private var versionsCall: (version: Int16, correlation: Int32)?
    private var timer: TimerID?
    private var timerAt: UInt64 = .max
    /// `connect` was called and the connection does not stand yet.
    private var isWanted = false
    private var isShutDown = false

    init(
        node: Int32, address: BrokerAddress, configuration: ConnectionMachine.Configuration, clientID: String,
        frameLimit: Int = Frame.defaultLimit, loop: EventLoop, lane: Lane, observer: Observer
    ) {
        self.node = node
        self.address = address
        errors = ConnectionErrors(address: address)
        self.clientID = clientID
        self.frameLimit = frameLimit
        self.loop = loop
        self.lane = lane
        self.observer = observer
        machine = ConnectionMachine(
            configuration: configuration, seed: EventLoop.now() ^ UInt64(bitPattern: Int64(node)))
        reader = FrameReader(limit: frameLimit)
    }

    // MARK: - The owner's calls

    /// Whether a request would go out at once.
    var isReady: Bool { machine.canSend(now: EventLoop.now()) }
    /// Whether ApiVersions was answered and the socket still stands.
    var isConnected: Bool { machine.phase == .ready }
    /// Whether an attempt is under way.
    var isConnecting: Bool {
        switch machine.phase {
        case .resolving, .connecting, .negotiating: true
        case .idle, .waiting, .ready: false
        }
    }
    /// Whether an attempt could begin at once.
    var canBeTried: Bool { machine.canBeTried(now: EventLoop.now()) }
    var load: Int { machine.inFlightCount + waiting.count }

    /// Opens the connection where it is not open; the observer learns how that went.
    func connect() {
        guard !isShutDown, machine.phase != .ready else { return }
        isWanted = true
        machine.wanted(now: EventLoop.now())
        carryOut()
    }

    /// Nobody needs the connection any more, unless there are calls.
    func letGo() { isWanted = false }

    /// Sends now or as soon as the connection stands.
    func send(_ call: ClusterCall) {
        guard !isShutDown else { return call.fail(KafkaCluster.closedError) }
        waiting.append(call)
        machine.wanted(now: EventLoop.now())
        flush()
        carryOut()
    }

    /// Ends the connection; calls that are not answered fail.
    func shutDown() {
        end {
            let left = waiting + unanswered.map(\.call)
            waiting.removeAll()
            unanswered.removeAll()
            for call in left { call.fail(KafkaCluster.closedError) }
        }
    }

    /// Ends the connection, as its node may be elsewhere: calls that have not left look for another broker where any will do,
    /// the rest fails.
    func drop() {
        lastProblem = lastProblem ?? "brokers are looked for anew"
        end { dismissWaiting() }
    }

    private func end(_ dismiss: () -> Void) {
        guard !isShutDown else { return }
        isShutDown = true
        machine.shutDown()
        carryOut()
        dismiss()
        if let timer { loop.cancel(timer) }
        timer = nil
    }

    // MARK: - Sending

    private func flush() {
        let now = EventLoop.now()
        guard machine.canSend(now: now), let versions, !waiting.isEmpty else { return }
        let calls = waiting
        waiting.removeAll(keepingCapacity: true)
        for call in calls {
            guard tcp != nil, machine.phase == .ready else {
                waiting.append(call)
                continue
            }
            // It may have waited here while the session ran out.
            if let gate = call.gate, !gate.allows(now) {
                call.fail(errors.sessionOver)
                continue
            }
            guard let version = versions.choose(call.apiKey, within: call.versions) else {
                call.fail(errors.unsupported(call))
                continue
            }
            put(call, version: version, now: now)
        }
    }

    private func put(_ call: ClusterCall, version: Int16, now: UInt64) {
        let correlation = machine.requestSent(deadline: call.deadline, now: now)
        do throws(ProtocolError) {
            let segments = try call.encode(version: version, correlation: correlation)
            write(segments)
        } catch {
            machine.requestNeedsNoAnswer(correlation)
            call.fail(errors.unwritable(call, error))
            return
        }
        if call.expectsAnswer {
            onWire.append((correlation, version, call))
        } else {
            machine.requestNeedsNoAnswer(correlation)
            unanswered.append((version, call))
        }
    }

    private func write(_ segments: [FrameSegment]) {
        tcp?.write(segments.map { OutboundSegment(bytes: $0.bytes, owner: $0.owner) })
    }

    // MARK: - The machine's wishes

    private func carryOut() {
        var actions = machine.takeActions()
        while !actions.isEmpty {
            for action in actions { carryOut(action) }
            actions = machine.takeActions()
        }
        schedule()
    }

    private func carryOut(_ action: ConnectionMachine.Action) {
        switch action {
        case .resolve: resolve()
        case .connect(let place, let deadline): open(place, deadline: deadline)
        case .requestVersions(let version, let correlation): requestVersions(version, correlation)
        case .ready:
            lastProblem = nil
            isWanted = false
            observer.readinessChanged(self)
            flush()
        case .lost:
            log.debug("connection lost", [LogField("broker", "\(address)"), LogField("reason", lastProblem ?? "")])
            dismissWaiting()
            observer.readinessChanged(self)
        case .close:
            tcp?.close()
            tcp = nil
        case .fail(let correlation, let reason): fail(correlation, reason)
        }
    }

    /// Calls that have not left look for another broker, or fail so that their callers can.
    private func dismissWaiting() {
        let cut = unanswered
        unanswered.removeAll()
        for (_, call) in cut {
            call.fail(errors.lost(because: nil))
        }
        let calls = waiting
        waiting.removeAll()
        for call in calls {
            if let reroute = call.reroute {
                reroute()
            } else {
                call.fail(errors.unreachable(because: lastProblem))
            }
        }
    }

    private func resolve() {
        Resolver.resolve(host: address.host, port: address.port, on: lane, loop: loop) { [weak self] result in
            guard let self, !self.isShutDown else { return }
            switch result {
            case .success(let found):
                // As Java orders them: a broker on loopback is more often bound to 127.0.0.1 than to ::1.
                self.addresses = found.filter { !$0.ip.contains(":") } + found.filter { $0.ip.contains(":") }
            case .failure(let error):
                self.addresses = []
                self.lastProblem = "\(error)"
            }
            self.machine.resolved(addresses: self.addresses.count, now: EventLoop.now())
            self.carryOut()
        }
    }

    private func open(_ place: Int, deadline: UInt64) {
        guard addresses.indices.contains(place) else { return }
        reader = FrameReader(limit: frameLimit)
        let tcp = TCPConnection(loop: loop, delegate: self)
        self.tcp = tcp
        tcp.connect(to: addresses[place], deadline: deadline)
    }

    private func requestVersions(_ version: Int16, _ correlation: Int32) {
        versionsCall = (version, correlation)
        var request = ApiVersionsRequest()
        if version >= 3 {
            request.clientSoftwareName = "kafka-connect-native"
            request.clientSoftwareVersion = "0.1.0"
        }
        // Its fields have the letters that brokers ask for, so the encoder has nothing to refuse.
        if let segments = try? Frame.request(
            request, version: version, correlationID: correlation, clientID: clientID)
        {
            write(segments)
        }
    }

    private func fail(_ correlation: Int32, _ reason: RequestFailure) {
        guard let place = onWire.firstIndex(where: { $0.correlation == correlation }) else { return }
        let call = onWire.remove(at: place).call
        switch reason {
        case .timedOut: call.fail(errors.timedOut)
        case .malformed: call.fail(errors.malformed(lastProblem))
        case .disconnected, .notSent, .unsupportedVersion: call.fail(errors.lost(because: lastProblem))
        }
    }

    // MARK: - Time

    private func schedule() {
        guard !isShutDown else { return }
        var wanted = machine.nextDeadline() ?? .max
        for call in waiting { wanted = min(wanted, call.deadline) }
        let now = EventLoop.now()
        if machine.phase == .ready, !waiting.isEmpty, machine.silentUntil > now {
            wanted = min(wanted, machine.silentUntil)
        }
        // Nobody wants the connection: the back-off needs no alarm.
        if case .waiting = machine.phase, waiting.isEmpty, !isWanted { wanted = .max }
        guard wanted != timerAt else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        timerAt = wanted
        guard wanted < .max else { return }
        timer = loop.schedule(at: wanted) { [weak self] in self?.timeCame() }
    }

    private func timeCame() {
        timer = nil
        timerAt = .max
        let now = EventLoop.now()
        let expired = waiting.filter { $0.deadline <= now }
        if !expired.isEmpty {
            waiting.removeAll { $0.deadline <= now }
            for call in expired { call.fail(errors.tooLate(because: lastProblem)) }
        }
        if isWanted || !waiting.isEmpty { machine.wanted(now: now) }
        machine.timePassed(now: now)
        flush()
        carryOut()
    }
}

extension BrokerConnection: TCPConnectionDelegate {
    func connectionDidOpen(_ connection: TCPConnection) {
        machine.opened(now: EventLoop.now())
        carryOut()
    }

    func connectionReadBuffer(_ connection: TCPConnection) -> UnsafeMutableRawBufferPointer { reader.readBuffer() }

    func connection(_ connection: TCPConnection, didRead count: Int) {
        reader.advance(count)
        do throws(FrameReader.BadSize) {
            // What lies behind a frame that ended the connection is worth nothing, and may be thousands of frames.
            while tcp === connection, !machine.isGivenUp, let frame = try reader.next() {
                received(frame.bytes, frame.owner)
            }
        } catch {
            lastProblem = ConnectionErrors.explain(error.size)
            machine.peerMisbehaved(now: EventLoop.now())
        }
        carryOut()
    }

    func connectionDidDrain(_ connection: TCPConnection) {
        guard !unanswered.isEmpty else { return }
        let sent = unanswered
        unanswered.removeAll()
        for (version, call) in sent { call.sent(version: version, node: node) }
    }

    func connectionDidClose(_ connection: TCPConnection, _ reason: SystemError?) {
        guard tcp === connection else { return }
        tcp = nil
        lastProblem = reason.map { ConnectionErrors.explain($0) } ?? "the broker closed the connection"
        machine.closed(now: EventLoop.now())
        carryOut()
    }

    private func received(_ bytes: UnsafeRawBufferPointer, _ owner: FrameBuffer?) {
        if let call = versionsCall { return receivedVersions(bytes, call) }
        let now = EventLoop.now()
        guard bytes.count >= 4 else { return misbehaved("an answer of \(bytes.count) bytes") }
        let correlation = Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))
        guard let sent = onWire.first, sent.correlation == correlation else {
            return misbehaved("an answer to no request")
        }
        do throws(ProtocolError) {
            let answer = try sent.call.answer(bytes, owner: owner, version: sent.version, node: node)
            onWire.removeFirst()
            _ = machine.answerArrived(correlation: correlation, now: now)
            if answer.throttle > 0 {
                machine.throttled(for: UInt64(answer.throttle) * 1_000_000, now: now)
                observer.throttled(self, machine.silentUntil)
            }
            answer.deliver()
        } catch {
            misbehaved("an answer that cannot be read: \(error)")
        }
    }

    private func receivedVersions(_ bytes: UnsafeRawBufferPointer, _ call: (version: Int16, correlation: Int32)) {
        versionsCall = nil
        let now = EventLoop.now()
        guard bytes.count >= 6, Int32(bigEndian: bytes.loadUnaligned(as: Int32.self)) == call.correlation else {
            return misbehaved("an answer to no request")
        }
        // With error 35 the body is in the layout of version 0, whatever was asked.
        let code = Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int16.self))
        let layout: Int16 = code == 35 ? 0 : call.version
        do throws(ProtocolError) {
            let response = try Frame.readResponse(ApiVersionsResponse.self, version: layout, from: bytes).response
            if code == 0 { versions = BrokerVersions(response) }
            if code != 0, code != 35 { lastProblem = "error \(code) in answer to ApiVersions" }
            let own = response.apiKeys.first { $0.apiKey == ApiVersionsRequest.apiKey }
            machine.versionsAnswered(errorCode: code, brokerMaximum: own?.maxVersion, now: now)
        } catch {
            misbehaved("an answer to ApiVersions that cannot be read: \(error)")
        }
    }

    private func misbehaved(_ problem: String) {
        lastProblem = problem
        log.warning("closing a connection", [LogField("broker", "\(address)"), LogField("reason", problem)])
        machine.peerMisbehaved(now: EventLoop.now())
    }
}
