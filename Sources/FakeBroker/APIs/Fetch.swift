internal import KafkaProtocol

/// A Fetch that waits for records.
struct WaitingFetch {
    let pending: Pending
    let order: FetchModel.Order
    let deadline: UInt64
    let minimumBytes: Int
    /// Parts of the request that name what is not there; answered beside the rest.
    let unknown: [FetchResponse.FetchableTopicResponse]
}

/// Fetch (1): sessions, and waiting for records.
enum FetchAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 4
    static let namesTopics = true

    /// Beyond so many the session that was begun first ends.
    private static let maximumSessions = 1000
    /// However much a client asks for, an answer has no more bytes of records, beyond one batch.
    private static let maximumBytes = 16 << 20
    /// However long a client wants to wait.
    private static let maximumWait: Int32 = 300_000

    static func answer(_ request: FetchRequest, _ call: Call, _ broker: inout Broker) {
        var unknown: [FetchResponse.FetchableTopicResponse] = []
        var entries: [FetchModel.Entry] = []
        for topic in request.topics {
            var failures: [(partition: Int32, code: Int16)] = []
            for part in topic.partitions {
                switch broker.slot(topic.topic, topic.topicId, part.partition) {
                case .success(let (_, slot)):
                    entries.append(
                        FetchModel.Entry(
                            slot: slot, offset: part.fetchOffset, leaderEpoch: part.currentLeaderEpoch,
                            maximumBytes: max(Int(part.partitionMaxBytes), 0)))
                case .failure(let refusal): failures.append((part.partition, refusal.code.rawValue))
                }
            }
            if !failures.isEmpty { unknown.append(failed(topic, failures)) }
        }
        let forgotten = request.forgottenTopicsData.flatMap { topic in
            topic.partitions.compactMap { broker.topics.find(topic.topic, topic.topicId)?.slot($0) }
        }
        let asked = FetchModel.Request(
            sessionID: request.sessionId, sessionEpoch: request.sessionEpoch, entries: entries.unique(by: \.slot),
            forgotten: forgotten, maximumBytes: min(max(Int(request.maxBytes), 0), maximumBytes))
        switch order(asked, hasUnknown: !unknown.isEmpty, &broker) {
        case .failure(let refusal): refuse(call.pending, refusal.errorCode, &broker)
        case .success(let order):
            let wait = UInt64(min(max(request.maxWaitMs, 0), maximumWait)) * 1_000_000
            broker.waitingFetches.append(
                WaitingFetch(
                    pending: call.pending, order: order, deadline: call.now + wait,
                    minimumBytes: Int(request.minBytes), unknown: unknown))
        }
    }

    /// A session is not begun with partitions that are not there: their errors would be told only once.
    private static func order(
        _ request: FetchModel.Request, hasUnknown: Bool, _ broker: inout Broker
    ) -> Result<FetchModel.Order, FetchRefusal> {
        if request.sessionEpoch < 0 || (request.sessionEpoch == 0 && hasUnknown) {
            broker.sessions.endSession(request.sessionID)
            return .success(FetchModel.sessionless(request))
        }
        if hasUnknown {
            broker.sessions.endSession(request.sessionID)
            return .failure(FetchRefusal(errorCode: ErrorCode.fetchSessionIdNotFound.rawValue))
        }
        if request.sessionEpoch == 0, broker.sessions.sessionCount >= maximumSessions {
            broker.sessions.dropOldestSession()
        }
        return broker.sessions.begin(request)
    }

    static func refusal(_ request: FetchRequest, _ code: Int16, _ version: Int16, _ broker: Broker) -> FetchResponse {
        var response = FetchResponse()
        // An error of the whole request has another meaning: clients look for these in the partitions.
        let ofSession: [Int16] = [
            ErrorCode.fetchSessionIdNotFound.rawValue, ErrorCode.invalidFetchSessionEpoch.rawValue,
            ErrorCode.fetchSessionTopicIdError.rawValue,
        ]
        if ofSession.contains(code) {
            response.errorCode = code
            return response
        }
        var named: Set<Int> = []
        for topic in request.topics where !topic.partitions.isEmpty {
            response.responses.append(failed(topic, topic.partitions.map { ($0.partition, code) }))
            let entry = broker.topics.find(topic.topic, topic.topicId)
            named.formUnion(topic.partitions.compactMap { entry?.slot($0.partition) })
        }
        // Of an incremental request, what its session holds.
        if request.sessionEpoch > 0 {
            response.sessionId = request.sessionId
            for entry in broker.sessions.entries(ofSession: request.sessionId) where !named.contains(entry.slot) {
                guard let (topic, partition) = broker.topics.owner(of: entry.slot) else { continue }
                var asked = FetchRequest.FetchTopic()
                (asked.topic, asked.topicId) = (topic.name, topic.id)
                response.responses.append(failed(asked, [(partition, code)]))
            }
        }
        return response
    }

    static func topics(of request: FetchRequest, _ broker: Broker) -> [String] {
        let named = request.topics.compactMap { broker.topics.find($0.topic, $0.topicId)?.name ?? $0.topic }
        let kept = broker.sessions.entries(ofSession: request.sessionId)
        return named + kept.compactMap { broker.topics.owner(of: $0.slot)?.topic.name }
    }

    /// Refuses the whole request.
    static func refuse(_ pending: Pending, _ code: Int16, _ broker: inout Broker) {
        var response = FetchResponse()
        response.errorCode = code
        broker.reply(response, to: pending)
    }

    /// One entry for a topic: its name, which may be long, is told once.
    private static func failed(
        _ topic: FetchRequest.FetchTopic, _ partitions: [(partition: Int32, code: Int16)]
    ) -> FetchResponse.FetchableTopicResponse {
        var entry = FetchResponse.FetchableTopicResponse()
        entry.topic = topic.topic
        entry.topicId = topic.topicId
        entry.partitions = partitions.map { partition, code in
            var place = FetchResponse.PartitionData()
            place.partitionIndex = partition
            place.errorCode = code
            place.highWatermark = -1
            return place
        }
        return entry
    }
}

// MARK: - Waiting

extension Broker {
    /// Answers the Fetch requests that have enough, or have waited long enough.
    mutating func answerFetches() {
        guard !waitingFetches.isEmpty else { return }
        let waiting = waitingFetches
        waitingFetches = []
        for fetch in waiting {
            let answer = sessions.read(fetch.order, cluster.partitions)
            let bytes = answer.parts.reduce(0) { $0 + $1.batches.reduce(0) { $0 + $1.byteCount } }
            let hasErrors = !fetch.unknown.isEmpty || answer.parts.contains { $0.errorCode != 0 }
            guard hasErrors || bytes >= fetch.minimumBytes || now >= fetch.deadline else {
                waitingFetches.append(fetch)
                continue
            }
            reply(response(answer, fetch), to: fetch.pending)
        }
    }

    private func response(_ answer: FetchModel.Answer, _ fetch: WaitingFetch) -> FetchResponse {
        var response = FetchResponse()
        response.errorCode = answer.errorCode
        response.sessionId = answer.sessionID
        response.responses = fetch.unknown
        for part in answer.parts {
            guard let (topic, partition) = topics.owner(of: part.slot) else { continue }
            var place = FetchResponse.PartitionData()
            place.partitionIndex = partition
            place.errorCode = part.errorCode
            place.highWatermark = part.highWatermark
            place.lastStableOffset = part.highWatermark
            place.logStartOffset = part.errorCode == 0 ? cluster.partitions[part.slot].logStartOffset : -1
            place.records = .gather(segments(part))
            // Neighbours of one topic share an entry.
            if let last = response.responses.indices.last, response.responses[last].topicId == topic.id {
                response.responses[last].partitions.append(place)
            } else {
                var entry = FetchResponse.FetchableTopicResponse()
                entry.topic = topic.name
                entry.topicId = topic.id
                entry.partitions = [place]
                response.responses.append(entry)
            }
        }
        return response
    }

    private func segments(_ part: FetchModel.Part) -> [FrameSegment] {
        guard let first = part.batches.first else { return [] }
        // The model's log and the stored bytes have the same batches at the same places.
        let start = cluster.partitions[part.slot].place(of: first.baseOffset)
        let stored = contents[part.slot].batches
        guard start + part.batches.count <= stored.count else { return [] }
        return stored[start..<start + part.batches.count].map(\.segment)
    }
}
