internal import EventLoop
internal import KafkaProtocol

/// One client: its requests are dealt with one after the other, each after the one before was answered, as Kafka does.
///
/// Confined to the server's loop.
final class ClientConnection {
    /// Requests of a client that does not wait for answers are read up to so many bytes beyond the one that is dealt with; then
    /// the client's own window closes.
    private static let readAhead = 1 << 20
    /// With more than this still to be read by the client, its next request has to wait: answers must not pile up.
    private static let mostUnread = 1 << 20

    let number: Int
    /// Of the request that is being dealt with; nil between requests.
    private(set) var ticket: UInt64?
    private unowned let server: BrokerServer
    private var connection: TCPConnection?
    private let buffer: FrameBuffer
    private var closesWhenDrained = false
    private var isServing = false

    init(number: Int, maximumRequest: Int, server: BrokerServer) {
        self.number = number
        self.server = server
        buffer = FrameBuffer(maximum: maximumRequest)
    }

    /// Takes over an accepted socket.
    func adopt(_ descriptor: Int32, on loop: EventLoop) throws(SystemError) {
        let connection = TCPConnection(loop: loop, delegate: self)
        try connection.adopt(descriptor)
        self.connection = connection
    }

    /// The request that was being dealt with has come to its end; the next one follows.
    func finish(_ outcome: Broker.Outcome) {
        ticket = nil
        switch outcome {
        case .send(let segments, let thenClose):
            closesWhenDrained = thenClose
            connection?.write(segments.map { OutboundSegment(bytes: $0.bytes, owner: $0.owner) })
        case .nothing: break
        case .close(let reason):
            return server.close(self, reason)
        }
        if !closesWhenDrained { serve() }
    }

    func close() {
        connection?.close()
        connection = nil
    }

    /// Hands over the next request, where there is one.
    private func serve() {
        // An answer that comes at once leads back here: a loop in place of calls within calls.
        guard !isServing else { return }
        isServing = true
        defer { isServing = false }
        while ticket == nil, !closesWhenDrained, connection != nil, !isBehind {
            switch buffer.next() {
            case .incomplete: return updateReading()
            case .badLength(let length):
                return server.close(self, "A length of \(length) is none that a request may have (--max-request).")
            case .frame(let frame):
                ticket = server.nextTicket()
                server.handle(frame, of: self)
            }
        }
        updateReading()
    }

    /// Whether the client does not read what it is sent.
    private var isBehind: Bool { (connection?.queuedBytes ?? 0) > Self.mostUnread }

    private func updateReading() {
        connection?.isReadingPaused = (ticket != nil || isBehind) && buffer.count >= Self.readAhead
    }
}

extension ClientConnection: TCPConnectionDelegate {
    func connectionDidOpen(_ connection: TCPConnection) {}

    func connectionReadBuffer(_ connection: TCPConnection) -> UnsafeMutableRawBufferPointer { buffer.room() }

    func connection(_ connection: TCPConnection, didRead count: Int) {
        buffer.add(count)
        serve()
    }

    func connectionDidDrain(_ connection: TCPConnection) {
        if closesWhenDrained { return server.close(self, nil) }
        serve()
    }

    func connectionDidClose(_ connection: TCPConnection, _ reason: SystemError?) {
        self.connection = nil
        server.connectionEnded(self)
    }
}
