import CMicrohttpd
import Glibc
import Logging

/// The way of one request through the loop. Called by libmicrohttpd inside of `MHD_run`.
extension ServerLoop {
    /// How much of a body that is too long is read, as a multiple of the limit, so that the client sees the answer and not
    /// a reset.
    private static let drainFactor = 8

    func connectionOpened(_ descriptor: Int32) {
        if let victim = connections.opened(descriptor, now: MonotonicClock.now()) { cut(victim) }
    }

    func requestLineRead(_ target: String, _ connection: OpaquePointer) -> Exchange {
        let now = MonotonicClock.now()
        let descriptor = kc_mhd_connection_fd(connection)
        connections.requestLineRead(descriptor, now: now)
        let peer = kc_mhd_peer(connection).map { SocketName.read($0).host } ?? "-"
        return Exchange(number: makeNumber(), descriptor: descriptor, rawTarget: target, began: now, peer: peer)
    }

    func headRead(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        if let problem = RequestScreening.problem(headers: exchange.headers, version: exchange.version) {
            return refuse(exchange, problem.status, problem.reason, connection)
        }
        guard let target = RequestTarget(exchange.rawTarget) else {
            return refuse(exchange, 400, "Bad request target", connection)
        }
        exchange.target = target
        exchange.bodyLimit = max(limits.bodyBytes, bodyLimit(exchange.method, target) ?? 0)
        if let length = RequestScreening.contentLength(exchange.headers), length > exchange.bodyLimit {
            // A client that waits for leave to send, or would send far too much, gets its answer at once.
            let waits = exchange.headers["Expect"] != nil
            if waits || length / Self.drainFactor > exchange.bodyLimit { return refuseBody(exchange, connection) }
        }
        exchange.phase = .body
        return .YES
    }

    func bodyRead(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        let (count, overflow) = exchange.bodyCount.addingReportingOverflow(bytes.count)
        guard !overflow, count / Self.drainFactor <= exchange.bodyLimit else { return .NO }
        exchange.bodyCount = count
        if count <= exchange.bodyLimit, !exchange.isCrowdedOut, hasRoom(for: exchange) {
            exchange.body.append(contentsOf: bytes)
        } else {
            exchange.body = []
            forget(exchange)
        }
        return .YES
    }

    /// Bodies up to here are not counted: those of all connections together are little.
    private static let shortBody = 64 << 10

    /// Counts a body that has become long; false where the listener keeps too many of them.
    private func hasRoom(for exchange: Exchange) -> Bool {
        guard exchange.bodyCount > min(limits.bodyBytes, Self.shortBody) else { return true }
        let more = exchange.bodyCount - exchange.longBodyBytes
        guard longBodyBytes + more <= limits.longBodyBytes else {
            exchange.isCrowdedOut = true
            return false
        }
        longBodyBytes += more
        exchange.longBodyBytes += more
        return true
    }

    /// The body is kept no longer.
    private func forget(_ exchange: Exchange) {
        longBodyBytes -= exchange.longBodyBytes
        exchange.longBodyBytes = 0
    }

    private func refuseBody(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        refuse(exchange, 413, "Request body is larger than \(exchange.bodyLimit) bytes", connection)
    }

    func requestRead(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        guard exchange.bodyCount <= exchange.bodyLimit, let target = exchange.target else {
            return refuseBody(exchange, connection)
        }
        guard !exchange.isCrowdedOut else {
            return refuse(exchange, 503, "Too many large request bodies at this time", connection)
        }
        if let finalAnswer { return send(finalAnswer, exchange, connection) }
        let request = HTTPRequest(
            method: exchange.method, target: target, headers: exchange.headers, body: exchange.body,
            peer: exchange.peer, listener: listener, began: exchange.began)
        exchange.body = []
        exchange.phase = .waiting
        connections.requestRead(exchange.descriptor)
        let number = exchange.number
        let mailbox = mailbox
        let slot = AnswerSlot(
            schedule: { mailbox.post(Mailbox.Deadline(time: $0, answer: $1), for: number) },
            deliver: { mailbox.post($0, for: number) })
        // The connection is suspended first: an answer given within the call waits in the mailbox until MHD_run is through.
        MHD_suspend_connection(connection)
        suspended[number] = SuspendedExchange(exchange: exchange, connection: connection, slot: slot)
        handler(request, HTTPResponder(slot))
        return .YES
    }

    /// Called again once the answer is there.
    func resumed(_ exchange: Exchange, _ connection: OpaquePointer) -> MHD_Result {
        guard let response = exchange.response else { return .YES }
        return send(response, exchange, connection)
    }

    func requestEnded(_ exchange: Exchange) {
        suspended[exchange.number] = nil
        forget(exchange)
        longAnswerBytes -= exchange.longAnswerBytes
        exchange.longAnswerBytes = 0
        let now = MonotonicClock.now()
        connections.answered(exchange.descriptor, now: now)
        log.info(accessLine(exchange, now).text(at: Int64(time(nil))))
    }

    private func refuse(
        _ exchange: Exchange, _ status: Int, _ reason: String, _ connection: OpaquePointer
    ) -> MHD_Result {
        send(refusal(status, reason), exchange, connection, closing: true)
    }

    private func send(
        _ response: HTTPResponse, _ exchange: Exchange, _ connection: OpaquePointer, closing: Bool = false
    ) -> MHD_Result {
        // A header that the connection's memory cannot hold would end the connection without an answer.
        let response = admitted(response, exchange).withoutLongHeaders(limits.headerBytes / 2)
        // What libmicrohttpd has is not kept twice.
        exchange.response = nil
        exchange.status = response.status
        exchange.answerCount = response.body.count
        exchange.phase = .answered
        connections.answerBegun(exchange.descriptor, now: MonotonicClock.now())
        let isLong = response.body.count > Self.shortAnswer
        let feed = isLong ? AnswerFeed(response.body, descriptor: exchange.descriptor, loop: self) : nil
        return Microhttpd.queue(response, feed, closing: closing || finalAnswer != nil, connection)
    }

    /// Answers up to here are not counted: those of all connections together are little, and a client that asks for little is
    /// served while others are not.
    private static let shortAnswer = 64 << 10

    /// Counts a long answer; where clients have left too many of them untaken, another in its place.
    private func admitted(_ response: HTTPResponse, _ exchange: Exchange) -> HTTPResponse {
        let count = response.body.count
        guard count > Self.shortAnswer else { return response }
        guard longAnswerBytes == 0 || longAnswerBytes + count <= limits.longAnswerBytes else {
            return busy("Too many long answers are under way at this time; what was asked for may have been done")
        }
        longAnswerBytes += count
        exchange.longAnswerBytes = count
        return response
    }

    private func accessLine(_ exchange: Exchange, _ now: UInt64) -> AccessLine {
        let answered = exchange.phase == .answered
        return AccessLine(
            peer: exchange.peer, method: exchange.method.isEmpty ? "-" : exchange.method, target: exchange.rawTarget,
            version: exchange.version, status: answered ? exchange.status : nil,
            bytes: answered && exchange.method != "HEAD" ? exchange.answerCount : 0,
            referer: exchange.headers["Referer"], userAgent: exchange.headers["User-Agent"],
            milliseconds: (now &- exchange.began) / 1_000_000)
    }
}
