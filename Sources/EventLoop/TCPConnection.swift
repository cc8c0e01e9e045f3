import CLinux
import Glibc

/// A TCP connection of a loop: connects with a deadline, reads into its owner's memory, writes gathered segments.
///
/// Confined to its loop. Nagle's algorithm and keep-alive are off: requests go out as whole messages, and dead peers
/// are found by the protocols' own time-outs.
public final class TCPConnection {
    private enum State {
        case idle
        case connecting(Int32, timer: TimerID)
        case open(Int32)
        /// Failed before it was ever registered; the owner learns of it in the next turn.
        case failing(timer: TimerID)
        case closed
    }

    private static let maximumReadsPerTurn = 8
    private static let maximumWritesPerTurn = 16
    private static let maximumVectors = 64

    private let loop: EventLoop
    private weak var delegate: (any TCPConnectionDelegate)?
    private var state = State.idle
    private var queue = OutboundQueue()
    private var interest: Interest = []
    private var isWaitingForRoom = false
    private var isFlushPending = false
    private var hasPeerEnded = false

    /// A connection that neither `connect` nor `adopt` has opened yet. The delegate is held weakly.
    public init(loop: EventLoop, delegate: any TCPConnectionDelegate) {
        self.loop = loop
        self.delegate = delegate
    }

    deinit {
        // The loop holds a connection that has a descriptor, until the loop itself stops.
        switch state {
        case .connecting(let descriptor, _), .open(let descriptor): Glibc.close(descriptor)
        case .idle, .failing, .closed: break
        }
    }

    /// Bytes given to ``write(_:)`` that the kernel has not taken yet.
    public var queuedBytes: Int { queue.byteCount }

    /// Whether the connection is open for reading and writing.
    public var isOpen: Bool {
        if case .open = state { true } else { false }
    }

    /// Back pressure: while true nothing is read, so that the peer's window closes. Failures are still noticed.
    public var isReadingPaused = false {
        didSet { if isReadingPaused != oldValue { updateInterest() } }
    }

    /// Opens the connection; the answer is `connectionDidOpen` or `connectionDidClose`. Only once, on a new connection.
    ///
    /// - Parameter deadline: monotonic nanoseconds, after which the attempt fails with `ETIMEDOUT`.
    public func connect(to address: SocketAddress, deadline: UInt64) {
        guard case .idle = state else { preconditionFailure("connect on a used connection") }
        let descriptor = socket(
            address.family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return failSoon(.last("socket")) }
        Self.setOptions(descriptor)
        let result = address.withSockaddr { Glibc.connect(descriptor, $0, $1) }
        guard result == 0 || errno == EINPROGRESS || errno == EINTR else {
            let error = SystemError.last("connect")
            Glibc.close(descriptor)
            return failSoon(error)
        }
        do throws(SystemError) {
            interest = .write
            try loop.register(descriptor, interest, self)
            let timer = loop.schedule(at: deadline) { [weak self] in self?.finish(.timedOut("connect")) }
            state = .connecting(descriptor, timer: timer)
        } catch {
            Glibc.close(descriptor)
            failSoon(error)
        }
    }

    /// Takes over an accepted socket, which is closed where this throws. The connection is open on return, without a
    /// call of `connectionDidOpen`.
    public func adopt(_ descriptor: Int32) throws(SystemError) {
        guard case .idle = state else { preconditionFailure("adopt on a used connection") }
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags | O_NONBLOCK)
        Self.setOptions(descriptor)
        interest = openInterest
        do throws(SystemError) {
            try loop.register(descriptor, interest, self)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        state = .open(descriptor)
    }

    /// Queues `segments`; they go out at the end of the turn, or once the connection is open. Dropped when it is closed.
    public func write(_ segments: [OutboundSegment]) {
        if case .closed = state { return }
        for segment in segments { queue.append(segment) }
        flushAtTurnEnd()
    }

    /// Closes at once, without a call of the delegate; what is queued is dropped.
    public func close() {
        shut()
    }

    // MARK: Life cycle

    private func failSoon(_ error: SystemError) {
        let timer = loop.schedule(at: 0) { self.finish(error) }
        state = .failing(timer: timer)
    }

    private func finishConnecting(_ descriptor: Int32, _ timer: TimerID) {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) == 0 else {
            return finish(.last("getsockopt"))
        }
        guard code == 0 else { return finish(SystemError("connect", code: code)) }
        loop.cancel(timer)
        state = .open(descriptor)
        updateInterest()
        flushAtTurnEnd()
        delegate?.connectionDidOpen(self)
    }

    private func finish(_ reason: SystemError?) {
        if case .closed = state { return }
        shut()
        delegate?.connectionDidClose(self, reason)
    }

    private func shut() {
        switch state {
        case .idle, .closed: break
        case .failing(let timer): loop.cancel(timer)
        case .connecting(let descriptor, let timer):
            loop.cancel(timer)
            release(descriptor)
        case .open(let descriptor): release(descriptor)
        }
        state = .closed
        queue.removeAll()
    }

    private func release(_ descriptor: Int32) {
        loop.deregister(descriptor)
        Glibc.close(descriptor)
    }

    // MARK: Reading

    private func readAvailable() {
        for _ in 0..<Self.maximumReadsPerTurn {
            guard case .open = state, !isReadingPaused else { return }
            guard let delegate else { return shut() }
            let buffer = delegate.connectionReadBuffer(self)
            precondition(!buffer.isEmpty, "an empty read buffer looks like the end of the stream")
            // The owner may have closed the connection in that call.
            guard case .open(let descriptor) = state else { return }
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                delegate.connection(self, didRead: count)
                if count < buffer.count, !hasPeerEnded { return }
            } else if count == 0 {
                return finish(nil)
            } else if errno != EINTR {
                return errno == EAGAIN ? () : finish(.last("recv"))
            }
        }
    }

    // MARK: Writing

    private func flushAtTurnEnd() {
        guard case .open = state, !isFlushPending, !isWaitingForRoom, !queue.isEmpty else { return }
        isFlushPending = true
        loop.callAtTurnEnd(self)
    }

    private func flush() {
        guard case .open(let descriptor) = state, !queue.isEmpty else { return }
        var rounds = 0
        while !queue.isEmpty, rounds < Self.maximumWritesPerTurn {
            rounds += 1
            let before = queue.byteCount
            let sent = Self.send(descriptor, queue)
            if sent < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { break }
                return finish(.last("sendmsg"))
            }
            queue.consume(min(sent, before))
        }
        isWaitingForRoom = !queue.isEmpty
        updateInterest()
        if queue.isEmpty { delegate?.connectionDidDrain(self) }
    }

    private static func send(_ descriptor: Int32, _ queue: OutboundQueue) -> Int {
        withUnsafeTemporaryAllocation(of: iovec.self, capacity: maximumVectors) { vectors in
            var message = msghdr()
            message.msg_iov = vectors.baseAddress
            message.msg_iovlen = queue.fill(vectors)
            // Without the flag a peer that went away would end the process by SIGPIPE.
            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
        }
    }

    // MARK: Interest

    private var openInterest: Interest {
        var interest: Interest = []
        if !isReadingPaused { interest.insert(.read) }
        if isWaitingForRoom { interest.insert(.write) }
        // Level-triggered and never taken back by the peer: watched until it came once, or it would spin.
        if !hasPeerEnded { interest.insert(.peerEnd) }
        return interest
    }

    private func updateInterest() {
        guard case .open(let descriptor) = state else { return }
        let wanted = openInterest
        guard wanted != interest else { return }
        interest = wanted
        do throws(SystemError) {
            try loop.modify(descriptor, wanted)
        } catch {
            // Without the change the connection would hang for ever.
            let timer = loop.schedule(at: 0) { self.finish(error) }
            release(descriptor)
            state = .failing(timer: timer)
        }
    }

    private static func setOptions(_ descriptor: Int32) {
        var on: Int32 = 1
        var off: Int32 = 0
        let size = socklen_t(MemoryLayout<Int32>.size)
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, size)
        setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &off, size)
    }
}

extension TCPConnection: ReadinessHandler {
    /// Called by the loop.
    public func ready(_ readiness: Readiness) {
        switch state {
        case .idle, .failing, .closed:
            return
        case .connecting(let descriptor, let timer):
            finishConnecting(descriptor, timer)
        case .open(let descriptor):
            if readiness.contains(.peerEnd), !hasPeerEnded {
                hasPeerEnded = true
                updateInterest()
            }
            if readiness.contains(.write) {
                isWaitingForRoom = false
                flush()
            }
            guard isOpen else { return }
            if readiness.contains(.failure), isReadingPaused {
                // Nobody reads, and the condition would be reported for ever.
                var code: Int32 = 0
                var length = socklen_t(MemoryLayout<Int32>.size)
                getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
                return finish(code == 0 ? nil : SystemError("recv", code: code))
            }
            if !readiness.isDisjoint(with: [.read, .peerEnd, .failure]) { readAvailable() }
        }
    }
}

extension TCPConnection: TurnEndHandler {
    func turnEnds() {
        isFlushPending = false
        if !isWaitingForRoom { flush() }
    }
}
