package import KafkaProtocol
internal import Logging

/// One broker as a machine without I/O: bytes of requests in, bytes of answers out, time as a parameter.
///
/// Each request comes with a ticket that its answer bears. Answers are taken with ``takeAnswers()``, at once or later: Fetch
/// waits for records, JoinGroup and SyncGroup for other members, and a fault may hold any of them back. Topics, groups and
/// sessions are kept by the models that simulators run on; one file in `APIs` a request translates it for them.
package struct Broker {
    /// What becomes of a request.
    package enum Outcome {
        /// Its answer.
        case send([FrameSegment], thenClose: Bool)
        /// There is none, because the request wants none.
        case nothing
        /// Its connection is to be closed; the reason, nil where a fault asked for it.
        case close(String?)
    }

    /// An outcome with the ticket of the request.
    package struct Answer {
        package let ticket: UInt64
        package let outcome: Outcome
    }

    /// What a fault makes of the answer to come.
    private struct Modifier {
        let until: UInt64
        let isLost: Bool
    }

    /// The only node there is.
    static let node: Int32 = 0

    let settings: BrokerSettings
    var faults: FaultScript
    var topics: TopicTable
    /// The partitions' logs by slot, with the ids of producers.
    var cluster = ClusterModel(nodeCount: 1, partitionCount: 0)
    /// The bytes of the logs' batches, by slot.
    var contents: [PartitionContent] = []
    var sessions = FetchModel(node: Broker.node)
    var waitingFetches: [WaitingFetch] = []
    var groups = GroupTable()
    /// Requests that a group model is to answer, by ticket.
    var groupCalls: [UInt64: Pending] = [:]
    let decompressor = Decompressor(pool: RecordBufferPool(keptBytes: 1 << 20), limit: 64 << 20)

    private var modifiers: [UInt64: Modifier] = [:]
    private var delayed: [(until: UInt64, answer: Answer)] = []
    private var answers: [Answer] = []
    private var notices: [Notice] = []
    private var faultCount: UInt64 = 0
    /// Of the request or timer that is dealt with.
    private(set) var now: UInt64 = 0

    package init(_ settings: BrokerSettings, faults: [Fault] = []) {
        self.settings = settings
        self.faults = FaultScript(faults)
        topics = TopicTable(incarnation: settings.incarnation)
    }

    /// A request has come.
    ///
    /// - Parameters:
    ///   - frame: its bytes without the length before them; borrowed for the call.
    ///   - ticket: not used before.
    ///   - now: monotonic nanoseconds.
    package mutating func handle(_ frame: UnsafeRawBufferPointer, ticket: UInt64, now: UInt64) {
        self.now = max(now, self.now)
        var reader = ByteReader(frame)
        var name = "A request"
        do throws(ProtocolError) {
            let header = try RequestHeader(from: &reader)
            guard let api = BrokerAPIs.find(header.apiKey) else {
                return finish(ticket, .close("There is no API \(header.apiKey) here."))
            }
            name = "\(api.name) version \(header.apiVersion)"
            let pending = Pending(ticket: ticket, version: header.apiVersion, correlationID: header.correlationID)
            let call = Call(header: header, pending: pending, now: self.now, frame: frame)
            if settings.isVerbose { tell(of: call, name) }
            guard api.versions.contains(header.apiVersion) else { return api.refuseVersion(call, &self) }
            try api.take(&reader, call, &self)
        } catch {
            finish(ticket, .close("\(name) cannot be read: \(error)."))
        }
        settle()
    }

    /// Time has passed.
    package mutating func advance(to now: UInt64) {
        self.now = max(now, self.now)
        advanceGroups()
        settle()
        // In the order in which they fall due; those of one moment in the order in which they came.
        while let at = delayed.indices.min(by: { delayed[$0].until < delayed[$1].until }), delayed[at].until <= self.now
        {
            answers.append(delayed.remove(at: at).answer)
        }
    }

    /// The connection of a request that is not answered yet is gone.
    package mutating func forget(_ ticket: UInt64) {
        modifiers[ticket] = nil
        groupCalls[ticket] = nil
        waitingFetches.removeAll { $0.pending.ticket == ticket }
        delayed.removeAll { $0.answer.ticket == ticket }
    }

    /// When ``advance(to:)`` is due; nil where nothing is waited for.
    package var nextDeadline: UInt64? {
        [delayed.map(\.until).min(), waitingFetches.map(\.deadline).min(), groups.nextDeadline].compactMap(\.self).min()
    }

    /// The answers that have become due, in order.
    package mutating func takeAnswers() -> [Answer] {
        defer { answers = [] }
        return answers
    }

    /// What happened since the last call.
    package mutating func takeNotices() -> [Notice] {
        defer { notices = [] }
        return notices
    }
}

// MARK: - What APIs use

extension Broker {
    mutating func reply<Response: KafkaMessage>(_ response: Response, to pending: Pending) {
        do throws(ProtocolError) {
            let segments: [FrameSegment]
            if pending.version < Response.versions.lowerBound, let old = try OldLayout.frame(response, pending) {
                segments = old
            } else {
                segments = try Frame.response(
                    response, version: pending.version, correlationID: pending.correlationID)
            }
            finish(pending.ticket, .send(segments, thenClose: false))
        } catch {
            finish(pending.ticket, .close("The answer cannot be written: \(error)."))
        }
    }

    mutating func finish(_ ticket: UInt64, _ outcome: Outcome) {
        var answer = Answer(ticket: ticket, outcome: outcome)
        guard let modifier = modifiers.removeValue(forKey: ticket) else { return answers.append(answer) }
        if modifier.isLost { answer = Answer(ticket: ticket, outcome: .close(nil)) }
        if modifier.until > now {
            delayed.append((modifier.until, answer))
        } else {
            answers.append(answer)
        }
    }

    mutating func notice(_ level: LogLevel, _ message: String, _ fields: [LogField] = []) {
        notices.append(Notice(level, message, fields))
    }

    /// The fault that a request meets is noted and told of.
    mutating func meet(_ call: Call, api: String, topics: [String]) -> Fault.Action {
        guard let fault = faults.next(apiKey: call.header.apiKey, client: call.header.clientID, topics: topics) else {
            return .none
        }
        notice(
            .info, "Fault",
            [
                LogField("fault", fault.text), LogField("api", api),
                LogField("client", call.header.clientID ?? ""), LogField("correlation", call.pending.correlationID),
            ])
        let isLost = fault.action == .lose
        if isLost || fault.delay > 0 {
            modifiers[call.pending.ticket] = Modifier(until: call.now + fault.delay, isLost: isLost)
        }
        return fault.action
    }

    /// Answers with hostile bytes: of that kind, or of the next one.
    mutating func sendGarbage(_ kind: Garbage?, to pending: Pending) {
        let all = Garbage.allCases
        let chosen = kind ?? all[Int(faultCount % UInt64(all.count))]
        faultCount += 1
        let bytes = chosen.bytes(correlationID: pending.correlationID, seed: faultCount)
        var writer = ByteWriter(capacity: bytes.count)
        bytes.withUnsafeBytes { writer.raw($0) }
        finish(pending.ticket, .send(writer.takeSegments(), thenClose: chosen.endsConnection))
    }

    private mutating func tell(of call: Call, _ name: String) {
        notice(
            .info, "Request",
            [
                LogField("api", name), LogField("client", call.header.clientID ?? ""),
                LogField("correlation", call.pending.correlationID), LogField("bytes", call.frame.count),
            ])
    }

    /// After whatever happened: what waited for it is answered.
    private mutating func settle() {
        answerGroupCalls()
        answerFetches()
    }
}
