/// All decisions about one connection to one broker: when to connect, which ApiVersions to ask with, which answer belongs
/// to which request, when to give up.
///
/// Pure: told what happened and when, it leaves what must be done in `actions`. `kafka-client.md` §4.1 and §4.5.
///
/// idle → resolving → connecting → negotiating → ready → idle (after an idle close) or waiting (back-off) → …
package struct ConnectionMachine {
    /// The settings that decide anything here; times in nanoseconds.
    package struct Configuration: Sendable {
        package var reconnectBackoff = Backoff(initial: 50_000_000, maximum: 1_000_000_000)
        package var setupTimeout = Backoff(initial: 10_000_000_000, maximum: 30_000_000_000)
        package var requestTimeout: UInt64 = 30_000_000_000
        package var maxIdle: UInt64 = 540_000_000_000

        package init() {}
    }

    package enum Phase: Sendable, Equatable {
        /// Nobody wants the connection, or it was closed for want of traffic.
        case idle
        /// Backing off after a failure.
        case waiting(until: UInt64)
        case resolving
        case connecting
        /// ApiVersions of that version is on the wire.
        case negotiating(version: Int16)
        case ready
    }

    package enum Action: Sendable, Equatable {
        /// Look the host name up and report the number of addresses.
        case resolve
        /// Connect to the address with that number.
        case connect(address: Int, deadline: UInt64)
        case requestVersions(version: Int16, correlation: Int32)
        /// Requests may be sent.
        case ready
        /// Requests cannot be sent any more, or an attempt to connect failed.
        case lost
        /// Close the socket.
        case close
        /// No answer will come to that request.
        case fail(correlation: Int32, RequestFailure)
    }

    struct InFlight {
        let correlation: Int32
        let deadline: UInt64
    }

    package let configuration: Configuration
    package private(set) var phase = Phase.idle
    package private(set) var actions: [Action] = []
    private(set) var inFlight: [InFlight] = []
    private var lastCorrelation: Int32 = 0
    private var failures = 0
    private var addressCount = 0
    private var nextAddress = 0
    /// Closes in a row between connecting and the answer to ApiVersions: some peers reset what they do not know.
    private var earlyCloses = 0
    private var lastActivity: UInt64 = 0
    private var setupDeadline: UInt64 = 0
    private var throttledUntil: UInt64 = 0
    private var random: SeededRandom

    package init(configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = SeededRandom(seed: seed)
    }

    /// Hands the actions over and forgets them.
    package mutating func takeActions() -> [Action] {
        var taken: [Action] = []
        swap(&taken, &actions)
        return taken
    }

    /// Whether a request may be sent now.
    package func canSend(now: UInt64) -> Bool { phase == .ready && throttledUntil <= now }

    /// Whether nothing that still comes from the peer counts: the socket is closed, or about to be.
    package var isGivenUp: Bool {
        switch phase {
        case .idle, .waiting, .resolving: true
        case .connecting, .negotiating, .ready: false
        }
    }

    /// Requests without an answer so far.
    package var inFlightCount: Int { inFlight.count }

    /// Whether an attempt could begin at once.
    package func canBeTried(now: UInt64) -> Bool {
        if case .waiting(let until) = phase { return until <= now }
        return true
    }

    // MARK: - What happened

    /// Somebody wants to send.
    package mutating func wanted(now: UInt64) {
        switch phase {
        case .idle: begin()
        case .waiting(let until) where until <= now:
            // The next address of the name, or a new look-up when all were tried.
            if nextAddress < addressCount { connect(now: now) } else { begin() }
        case .waiting, .resolving, .connecting, .negotiating, .ready: break
        }
    }

    /// The host name has so many addresses; 0 when it could not be resolved.
    package mutating func resolved(addresses: Int, now: UInt64) {
        guard phase == .resolving else { return }
        addressCount = addresses
        nextAddress = 0
        guard addresses > 0 else { return lose(now: now) }
        connect(now: now)
    }

    /// The TCP connection stands.
    package mutating func opened(now: UInt64) {
        guard phase == .connecting else { return }
        lastActivity = now
        requestVersions(version: firstVersion)
    }

    /// ApiVersions was answered: with 35, `brokerMaximum` is the highest version of it that the broker knows.
    package mutating func versionsAnswered(errorCode: Int16, brokerMaximum: Int16?, now: UInt64) {
        guard case .negotiating(let version) = phase else { return }
        lastActivity = now
        if errorCode == 0 {
            phase = .ready
            failures = 0
            earlyCloses = 0
            actions.append(.ready)
            return
        }
        // 35: the list holds ApiVersions alone. 42: the broker dislikes the name; version 0 carries none.
        let next: Int16 = errorCode == 35 ? min(brokerMaximum ?? 0, version - 1) : 0
        guard errorCode == 35 || errorCode == 42, version > 0, next >= 0 else {
            actions.append(.close)
            return lose(now: now)
        }
        requestVersions(version: next)
    }

    /// A request goes out; its correlation id.
    package mutating func requestSent(deadline: UInt64, now: UInt64) -> Int32 {
        lastActivity = now
        lastCorrelation = lastCorrelation == .max ? 1 : lastCorrelation + 1
        inFlight.append(InFlight(correlation: lastCorrelation, deadline: deadline))
        return lastCorrelation
    }

    /// A request was sent to which no answer comes (acks=0).
    package mutating func requestNeedsNoAnswer(_ correlation: Int32) {
        inFlight.removeAll { $0.correlation == correlation }
    }

    /// An answer came. False when it is not the one that must come next: then the connection is of no use any more.
    package mutating func answerArrived(correlation: Int32, now: UInt64) -> Bool {
        lastActivity = now
        guard let first = inFlight.first, first.correlation == correlation else {
            peerMisbehaved(now: now)
            return false
        }
        inFlight.removeFirst()
        return true
    }

    /// The peer sent what cannot be an answer.
    package mutating func peerMisbehaved(now: UInt64) {
        actions.append(.close)
        failInFlight(.malformed)
        lose(now: now)
    }

    /// The broker asked for silence.
    package mutating func throttled(for span: UInt64, now: UInt64) {
        throttledUntil = max(throttledUntil, adding(span, to: now))
        // The broker may sit on the answers of what is on the wire just as long.
        for index in inFlight.indices {
            inFlight[index] = InFlight(
                correlation: inFlight[index].correlation, deadline: adding(span, to: inFlight[index].deadline))
        }
    }

    /// The socket is gone, or could not be opened.
    package mutating func closed(now: UInt64) {
        switch phase {
        case .idle, .waiting, .resolving: return
        case .connecting, .ready: break
        case .negotiating: earlyCloses += 1
        }
        let wasIdle = phase == .ready && inFlight.isEmpty
        if phase == .ready { nextAddress = addressCount }  // look the name up anew: it may have moved
        failInFlight(.disconnected)
        if wasIdle {
            phase = .idle
            actions.append(.lost)
        } else {
            lose(now: now)
        }
    }

    /// Time has come to `nextDeadline`.
    package mutating func timePassed(now: UInt64) {
        switch phase {
        case .idle, .resolving, .waiting: return
        case .connecting, .negotiating:
            guard setupDeadline <= now else { return }
            if case .negotiating = phase { earlyCloses += 1 }
            actions.append(.close)
            failInFlight(.timedOut)
            lose(now: now)
        case .ready:
            if let late = inFlight.first(where: { $0.deadline <= now }) {
                actions.append(.close)
                inFlight.removeAll { $0.correlation == late.correlation }
                actions.append(.fail(correlation: late.correlation, .timedOut))
                failInFlight(.disconnected)
                nextAddress = addressCount
                lose(now: now)
            } else if inFlight.isEmpty, adding(configuration.maxIdle, to: lastActivity) <= now {
                actions.append(.close)
                actions.append(.lost)
                phase = .idle
            }
        }
    }

    /// The owner closes the connection for good or to start over.
    package mutating func shutDown() {
        switch phase {
        case .connecting, .negotiating, .ready: actions.append(.close)
        case .idle, .waiting, .resolving: break
        }
        failInFlight(.disconnected)
        phase = .idle
    }

    /// When `timePassed` (or `wanted`, after a back-off) must be called at the latest.
    package func nextDeadline() -> UInt64? {
        switch phase {
        case .idle, .resolving: return nil
        case .waiting(let until): return until
        case .connecting, .negotiating: return setupDeadline
        case .ready:
            var earliest = inFlight.isEmpty ? adding(configuration.maxIdle, to: lastActivity) : UInt64.max
            for request in inFlight { earliest = min(earliest, request.deadline) }
            return earliest == .max ? nil : earliest
        }
    }

    /// Until when the broker wants silence; 0 or a time in the past means not at all.
    package var silentUntil: UInt64 { throttledUntil }

    // MARK: - Steps

    private var firstVersion: Int16 {
        switch earlyCloses {
        case ..<2: 4
        case 2: 3
        default: 0
        }
    }

    private mutating func begin() {
        phase = .resolving
        actions.append(.resolve)
    }

    private mutating func connect(now: UInt64) {
        phase = .connecting
        setupDeadline = adding(
            configuration.setupTimeout.wait(failures: failures, random: random.next()), to: now)
        actions.append(.connect(address: nextAddress, deadline: setupDeadline))
        nextAddress += 1
    }

    private mutating func requestVersions(version: Int16) {
        phase = .negotiating(version: version)
        lastCorrelation = lastCorrelation == .max ? 1 : lastCorrelation + 1
        actions.append(.requestVersions(version: version, correlation: lastCorrelation))
    }

    /// Enters the back-off.
    private mutating func lose(now: UInt64) {
        let wait = configuration.reconnectBackoff.wait(failures: failures, random: random.next())
        failures += 1
        phase = .waiting(until: adding(wait, to: now))
        throttledUntil = 0
        actions.append(.lost)
    }

    private mutating func failInFlight(_ reason: RequestFailure) {
        for request in inFlight { actions.append(.fail(correlation: request.correlation, reason)) }
        inFlight.removeAll()
    }
}
