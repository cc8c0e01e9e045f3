import CCurl
import Logging
import Synchronization

/// A request with what it was promised.
struct Ticket: Sendable {
    var request: ClientRequest
    var deadline: MonotonicTime
    var done: HTTPSender.Completion
}

/// What the thread of a client does. The transfers live on that thread alone; other threads leave tickets.
final class ClientLoop: Sendable {
    private struct Mail {
        /// nil once the thread no longer polls.
        var multi: MultiHandle?
        var tickets: [Ticket] = []
        /// Tickets whose outcome has not been told.
        var open = 0
        var isClosed = false
    }

    private let limits: ClientLimits
    private let mail: Mutex<Mail>
    private let log = Logger("org.apache.kafka.connect.runtime.rest.RestClient")

    /// libcurl's process-wide start, once.
    private static let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Returns: nil where libcurl has no memory.
    init?(_ limits: ClientLimits) {
        guard Self.isCurlReady, let multi = curl_multi_init() else { return nil }
        kc_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, limits.idleConnections)
        self.limits = limits
        mail = Mutex(Mail(multi: MultiHandle(multi)))
    }

    /// Takes a ticket and wakes the thread.
    /// - Returns: why the ticket was not taken; nil where it was.
    func post(_ ticket: Ticket) -> HTTPClientError? {
        mail.withLock { mail in
            if mail.isClosed { return .closed }
            guard mail.open < limits.accepted else {
                return HTTPClientError(.overloaded, "\(mail.open) requests to other servers are under way.")
            }
            mail.open += 1
            mail.tickets.append(ticket)
            mail.multi?.wake()
            return nil
        }
    }

    /// Ends the thread soon.
    func close() {
        mail.withLock { mail in
            mail.isClosed = true
            mail.multi?.wake()
        }
    }

    /// The thread's life.
    func run() {
        guard let multi = mail.withLock({ $0.multi }) else { return }
        var waiting: [Ticket] = []
        var active: [Transfer] = []
        while true {
            let (tickets, isClosed) = take()
            waiting += tickets
            if isClosed { break }
            expire(&waiting)
            // Again until none is left whose turn it is: one that could not be started has given its place back.
            while case let next = nextTickets(&waiting, active), !next.isEmpty {
                for ticket in next { if let transfer = start(ticket, multi) { active.append(transfer) } }
            }
            multi.perform()
            // Whoever waits for a turn gets it before the thread goes to sleep.
            if finish(&active, multi), !waiting.isEmpty { continue }
            multi.poll(upTo: waiting.map(\.deadline).min())
        }
        for transfer in active {
            multi.remove(transfer)
            tell(transfer.done, .failure(.closed))
        }
        for ticket in waiting { tell(ticket.done, .failure(.closed)) }
        discard()
    }

    /// Frees libcurl's handle: of a loop that has ended, or that got no thread.
    func discard() {
        let multi = mail.withLock { mail in
            defer { mail.multi = nil }
            return mail.multi
        }
        multi?.free()
    }

    private func take() -> (tickets: [Ticket], isClosed: Bool) {
        mail.withLock { mail in
            defer { mail.tickets = [] }
            return (mail.tickets, mail.isClosed)
        }
    }

    private func tell(_ done: HTTPSender.Completion, _ outcome: Result<ClientResponse, HTTPClientError>) {
        mail.withLock { $0.open -= 1 }
        if case .failure(let error) = outcome { log.debug("A request failed: \(error)") }
        done(outcome)
    }

    /// Gives up on tickets whose time was over before their turn came.
    private func expire(_ waiting: inout [Ticket]) {
        guard !waiting.isEmpty else { return }
        let now = MonotonicTime.now()
        let late = waiting.filter { $0.deadline <= now }
        waiting.removeAll { $0.deadline <= now }
        for ticket in late {
            tell(ticket.done, .failure(HTTPClientError(.timedOut, "Other requests took all of the time.")))
        }
    }

    /// Takes out the tickets whose turn has come: the first of each server, as many as may be in flight to it.
    private func nextTickets(_ waiting: inout [Ticket], _ active: [Transfer]) -> [Ticket] {
        guard !waiting.isEmpty else { return [] }
        var load: [Substring: Int] = [:]
        for transfer in active { load[transfer.server, default: 0] += 1 }
        var next: [Ticket] = []
        waiting.removeAll { ticket in
            let count = load[ticket.request.server, default: 0]
            guard count < limits.inFlight else { return false }
            load[ticket.request.server] = count + 1
            next.append(ticket)
            return true
        }
        return next
    }

    private func start(_ ticket: Ticket, _ multi: MultiHandle) -> Transfer? {
        do throws(HTTPClientError) {
            let transfer = try Transfer(ticket, connectTime: limits.connectTime)
            try multi.add(transfer)
            return transfer
        } catch {
            tell(ticket.done, .failure(error))
            return nil
        }
    }

    /// Tells the outcome of the transfers that have ended.
    /// - Returns: whether there was one.
    private func finish(_ active: inout [Transfer], _ multi: MultiHandle) -> Bool {
        var hasFinished = false
        while let (easy, code) = multi.nextEnded() {
            guard let index = active.firstIndex(where: { $0.easy == easy }) else { continue }
            let transfer = active.remove(at: index)
            multi.remove(transfer)
            tell(transfer.done, transfer.outcome(code))
            hasFinished = true
        }
        return hasFinished
    }
}
