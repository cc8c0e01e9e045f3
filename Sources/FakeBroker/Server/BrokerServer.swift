package import EventLoop
internal import KafkaProtocol
internal import Logging

/// A ``Broker`` behind a TCP port. Confined to its loop, which does all of the work.
package final class BrokerServer {
    /// What keeps clients from taking more than there is.
    package struct Limits: Sendable, Equatable {
        /// Connections at a time.
        package var connections = 256
        /// Bytes of a request.
        package var request = 16 << 20

        package init() {}
    }

    /// Nothing is looked at again sooner than this, in nanoseconds.
    private static let leastWait: UInt64 = 1_000_000

    private let loop: EventLoop
    private let limits: Limits
    private let logger = Logger("fakebroker")
    private var broker: Broker
    private var listener: TCPListener?
    private var connections: [Int: ClientConnection] = [:]
    private var lastConnection = 0
    /// Which connection a request that is not answered yet came on.
    private var waiting: [UInt64: Int] = [:]
    private var lastTicket: UInt64 = 0
    private var timer: (id: TimerID, deadline: UInt64)?
    private var isDelivering = false

    /// The address that is listened on.
    package let address: SocketAddress

    /// Listens on `address`; port 0 is any that is free. To be called on the loop.
    ///
    /// - Parameter settings: its host and port are set to the address.
    package init(
        loop: EventLoop, address: SocketAddress, settings: BrokerSettings, faults: [Fault], limits: Limits
    ) throws(SystemError) {
        self.loop = loop
        self.limits = limits
        let handOver = HandOver()
        let listener = try TCPListener(loop: loop, address: address) { handOver.server?.accept($0) }
        self.listener = listener
        self.address = listener.address
        var settings = settings
        settings.host = listener.address.ip
        settings.port = listener.address.port
        broker = Broker(settings, faults: faults)
        handOver.server = self
    }

    /// Stops listening and closes every connection.
    package func close() {
        listener?.close()
        if let timer { loop.cancel(timer.id) }
        for number in connections.keys.sorted() { connections[number]?.close() }
        connections = [:]
        waiting = [:]
    }

    /// How many clients are connected.
    package var connectionCount: Int { connections.count }

    private func accept(_ descriptor: Int32) {
        lastConnection += 1
        let connection = ClientConnection(
            number: lastConnection, maximumRequest: limits.request, server: self)
        do throws(SystemError) {
            try connection.adopt(descriptor, on: loop)
        } catch {
            return logger.warning("A connection cannot be taken: \(error)")
        }
        guard connections.count < limits.connections else {
            connection.close()
            return logger.warning(
                "A connection was closed at once: there are as many as there may be (--max-connections)",
                [LogField("connections", connections.count)])
        }
        connections[connection.number] = connection
    }
}

// MARK: - What connections use

extension BrokerServer {
    func nextTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    /// A request of a connection, which bears its ticket.
    func handle(_ frame: UnsafeRawBufferPointer, of connection: ClientConnection) {
        guard let ticket = connection.ticket else { return }
        waiting[ticket] = connection.number
        broker.handle(frame, ticket: ticket, now: EventLoop.now())
        deliver()
    }

    /// Ends a connection; a reason is told, what a fault wanted needs none.
    func close(_ connection: ClientConnection, _ reason: String?) {
        if let reason {
            logger.warning("Connection closed: \(reason)", [LogField("connection", connection.number)])
        }
        connection.close()
        connectionEnded(connection)
    }

    func connectionEnded(_ connection: ClientConnection) {
        connections[connection.number] = nil
        guard let ticket = connection.ticket else { return }
        waiting[ticket] = nil
        broker.forget(ticket)
    }
}

// MARK: - The machine

extension BrokerServer {
    /// Hands out what the machine has to say, and sees to it that it is woken in time.
    private func deliver() {
        // An answer lets a connection hand over its next request, which leads back here.
        guard !isDelivering else { return }
        isDelivering = true
        while true {
            for notice in broker.takeNotices() { logger.log(notice.level, notice.message, notice.fields) }
            let answers = broker.takeAnswers()
            if answers.isEmpty { break }
            for answer in answers {
                guard let number = waiting.removeValue(forKey: answer.ticket) else { continue }
                connections[number]?.finish(answer.outcome)
            }
        }
        isDelivering = false
        schedule()
    }

    private func schedule() {
        let deadline = broker.nextDeadline
        if let timer {
            if timer.deadline == deadline { return }
            loop.cancel(timer.id)
        }
        timer = nil
        guard let deadline else { return }
        let id = loop.schedule(at: max(deadline, EventLoop.now() + Self.leastWait)) { [weak self] in
            guard let self else { return }
            timer = nil
            broker.advance(to: EventLoop.now())
            deliver()
        }
        timer = (id, deadline)
    }
}

/// The listener calls for a server that is made after it.
private final class HandOver {
    weak var server: BrokerServer?
}
