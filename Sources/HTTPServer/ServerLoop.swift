import CMicrohttpd
import Glibc
import Logging

/// One listener's daemon of libmicrohttpd and the loop that drives it.
///
/// The daemon runs in its external mode: it does nothing except inside `MHD_run`, which this loop calls whenever the daemon's
/// epoll descriptor or the mailbox is readable. So the callbacks, suspending and resuming all happen on one thread, and the
/// loop can end connections by deadlines of its own, which libmicrohttpd's idle time-out cannot express.
///
/// `@unchecked Sendable`: everything but `mailbox`, which has its own lock, is used by the thread that runs ``run()`` alone,
/// and before that thread starts by the creator.
final class ServerLoop: @unchecked Sendable {
    let mailbox: Mailbox
    let limits: HTTPLimits
    let listener: Int
    let refusal: HTTPServer.Refusal
    let bodyLimit: HTTPServer.BodyLimit
    let handler: HTTPServer.Handler
    let log = Logger("org.apache.kafka.connect.runtime.rest.RestServer")

    var connections: ConnectionTable
    /// Exchanges whose connection is suspended, by number.
    var suspended: [UInt64: SuspendedExchange] = [:]
    /// Bytes of long bodies that are kept, of all connections together.
    var longBodyBytes = 0
    /// Bytes of long answers that clients have not taken yet, of all connections together.
    var longAnswerBytes = 0
    /// The answer to everything, once the server stops.
    var finalAnswer: HTTPResponse?
    /// Whether connections ended in the last run of the daemon.
    private var hasClosed = false
    private var stopDeadline = UInt64.max
    /// When being out of descriptors may be logged again.
    private var nextComplaint: UInt64 = 0
    private var nextNumber: UInt64 = 0
    private var daemon: OpaquePointer?
    private let socket: ListenSocket

    struct SuspendedExchange {
        let exchange: Exchange
        let connection: OpaquePointer
        let slot: AnswerSlot
        var deadline: Mailbox.Deadline?
    }

    /// Takes the socket over, also where it throws.
    init(
        socket: ListenSocket, listener: Int, limits: HTTPLimits, refusal: @escaping HTTPServer.Refusal,
        bodyLimit: @escaping HTTPServer.BodyLimit, handler: @escaping HTTPServer.Handler
    ) throws(HTTPServerError) {
        guard let mailbox = Mailbox() else {
            close(socket.descriptor)
            throw HTTPServerError("Cannot serve \(socket.address): no descriptor left.")
        }
        self.mailbox = mailbox
        self.socket = socket
        self.listener = listener
        self.limits = limits
        self.refusal = refusal
        self.bodyLimit = bodyLimit
        self.handler = handler
        connections = ConnectionTable(
            requestTime: limits.requestTime.nanoseconds, responseTime: limits.responseTime.nanoseconds,
            capacity: limits.connections)
        daemon = Microhttpd.start(
            socket: socket.descriptor, limits: limits, context: Unmanaged.passUnretained(self).toOpaque())
        guard daemon != nil else {
            close(socket.descriptor)
            throw HTTPServerError("Cannot serve \(socket.address): libmicrohttpd refused to start.")
        }
    }

    /// Ends a loop that never ran.
    func discard() {
        guard let daemon else { return }
        MHD_stop_daemon(daemon)
        self.daemon = nil
        if let path = socket.path { unlink(path) }
    }

    /// Serves until an order to stop was carried out.
    func run() {
        guard let daemon else { return }
        var descriptors = [
            pollfd(fd: kc_mhd_epoll_fd(daemon), events: Int16(POLLIN), revents: 0),
            pollfd(fd: mailbox.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: -1, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            readMail(daemon)
            hasClosed = false
            MHD_run(daemon)
            let now = MonotonicClock.now()
            for descriptor in connections.expired(now: now) { cut(descriptor) }
            answerLate(now)
            let isCrowded = finalAnswer == nil && isReadable(socket.descriptor)
            if isCrowded { makeRoom(now) }
            if finalAnswer != nil, connections.isEmpty || now >= stopDeadline { break }
            // At its limit of connections the daemon stops to listen, and begins again only in the next run after some have
            // ended: nothing would wake the loop for that.
            var wait = hasClosed ? 0 : timeout(daemon, now)
            // Nothing else says when there is room again.
            if isCrowded, wait < 0 || wait > Self.crowdedWait { wait = Self.crowdedWait }
            // A daemon at its limit does not look for new connections, for which somebody may have to make room.
            let isFull = finalAnswer == nil && connections.count >= limits.connections
            descriptors[2].fd = isFull && !isCrowded ? socket.descriptor : -1
            _ = poll(&descriptors, nfds_t(descriptors.count), wait)
        }
        // Resumed connections are closed with the rest; libmicrohttpd refuses to stop while one is suspended.
        for waiting in suspended.values { MHD_resume_connection(waiting.connection) }
        suspended = [:]
        MHD_stop_daemon(daemon)
        self.daemon = nil
    }

    /// How long a stop waits for the first request of a connection that was just opened. Nanoseconds.
    private static let newcomerTime: UInt64 = 300_000_000

    /// Milliseconds until the next look at a connection that the daemon could not take.
    private static let crowdedWait: Int32 = 100

    /// The kernel holds a connection that the daemon has not taken. Where it cannot, it stops to listen until one of its own
    /// connections ends, which may be long.
    private func makeRoom(_ now: UInt64) {
        let isOut = isOutOfDescriptors()
        // Else it takes the connection in its next run.
        guard isOut || connections.count >= limits.connections else { return }
        if isOut { complain(now) }
        // libmicrohttpd may have missed that a client has gone while it was out of descriptors.
        let gone = connections.abandoned(where: hasGone)
        for descriptor in gone { cut(descriptor) }
        guard gone.isEmpty, !answerGone() else { return }
        if let victim = connections.evict(now: now) {
            cut(victim)
        } else if isOut, connections.isEmpty {
            // Nobody can make room, and libmicrohttpd tries to accept for ever.
            _ = poll(nil, 0, Self.crowdedWait)
        }
    }

    /// Answers requests whose clients have gone, though their handlers have not: until then libmicrohttpd does not look at them.
    /// A client that has only ended its own side gets the answer.
    ///
    /// - Returns: whether there were any.
    private func answerGone() -> Bool {
        var peers = connections.waiting.map { pollfd(fd: $0, events: Self.peerEnded, revents: 0) }
        guard !peers.isEmpty, poll(&peers, nfds_t(peers.count), 0) > 0 else { return false }
        let gone = Set(peers.lazy.filter { $0.revents != 0 }.map(\.fd))
        var isAny = false
        for waiting in suspended.values where gone.contains(waiting.exchange.descriptor) {
            let answer = busy("Too many requests wait at this time")
            if waiting.slot.fill(answer) { isAny = true }
        }
        return isAny
    }

    /// What may be tried again in a moment.
    func busy(_ reason: String) -> HTTPResponse {
        var answer = refusal(503, reason)
        answer.headers.add("Retry-After", "1")
        return answer
    }

    /// `POLLRDHUP`, which Swift's Glibc lacks.
    private static let peerEnded: Int16 = 0x2000

    private func complain(_ now: UInt64) {
        guard now >= nextComplaint else { return }
        nextComplaint = now &+ 60_000_000_000
        log.warning(
            "A connection cannot be accepted: the process is out of file descriptors; raise its limit (LimitNOFILE)")
    }

    private func isOutOfDescriptors() -> Bool {
        let probe = eventfd(0, Int32(EFD_CLOEXEC))
        guard probe < 0 else {
            close(probe)
            return false
        }
        return errno == EMFILE || errno == ENFILE
    }

    private func isReadable(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, 0) > 0
    }

    /// Whether the client has ended the connection, and everything that it sent was read.
    private func hasGone(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
        return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
    }

    func connectionClosed(_ descriptor: Int32) {
        hasClosed = true
        connections.closed(descriptor)
    }

    func makeNumber() -> UInt64 {
        nextNumber &+= 1
        return nextNumber
    }

    /// Ends a connection from outside of libmicrohttpd, which sees the end of the stream and cleans up.
    func cut(_ descriptor: Int32) {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    private func readMail(_ daemon: OpaquePointer) {
        let letters = mailbox.take()
        for (number, response) in letters.answers {
            // An answer that was given before its connection could be suspended has been taken there.
            guard let waiting = suspended.removeValue(forKey: number) else { continue }
            waiting.exchange.response = response
            MHD_resume_connection(waiting.connection)
        }
        for (number, deadline) in letters.deadlines { suspended[number]?.deadline = deadline }
        if let stop = letters.stop { begin(stop, daemon) }
    }

    /// Answers the requests whose time is over; the answers come back through the mailbox.
    private func answerLate(_ now: UInt64) {
        for waiting in suspended.values {
            guard let deadline = waiting.deadline, deadline.time <= now else { continue }
            suspended[waiting.exchange.number]?.deadline = nil
            waiting.slot.fill(deadline.answer())
        }
    }

    private func begin(_ stop: Mailbox.StopOrder, _ daemon: OpaquePointer) {
        finalAnswer = stop.answer
        stopDeadline = stop.deadline
        let descriptor = MHD_quiesce_daemon(daemon)
        if descriptor >= 0 { close(descriptor) }
        if let path = socket.path { unlink(path) }
        for waiting in suspended.values {
            waiting.exchange.response = stop.answer
            MHD_resume_connection(waiting.connection)
        }
        suspended = [:]
        for descriptor in connections.ending(now: MonotonicClock.now(), newcomerTime: Self.newcomerTime) {
            cut(descriptor)
        }
    }

    /// Milliseconds for `poll`; -1 without limit.
    private func timeout(_ daemon: OpaquePointer, _ now: UInt64) -> Int32 {
        var milliseconds: UInt64 = 0
        var wait = UInt64.max
        if MHD_get_timeout(daemon, &milliseconds) == .YES { wait = UInt64(milliseconds) }
        let nextLate = suspended.values.lazy.compactMap { $0.deadline?.time }.min()
        for deadline in [connections.nextDeadline, nextLate, finalAnswer == nil ? nil : stopDeadline] {
            guard let deadline, deadline != .max else { continue }
            // Rounded up, so that the deadline has passed when poll returns.
            wait = min(wait, deadline > now ? (deadline - now) / 1_000_000 + 1 : 0)
        }
        return wait == .max ? -1 : Int32(clamping: wait)
    }
}
