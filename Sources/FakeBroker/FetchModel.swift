/// How one broker answers consumers' Fetch, ListOffsets and OffsetForLeaderEpoch: the rules of Kafka 4.3, on
/// ``PartitionModel`` and without bytes.
package struct FetchModel: Sendable {
    /// A partition as a consumer asks for it.
    package struct Entry: Sendable, Equatable {
        /// Number of the partition in the model's cluster.
        package var slot: Int
        package var offset: Int64
        package var leaderEpoch: Int32
        package var maximumBytes: Int

        package init(slot: Int, offset: Int64, leaderEpoch: Int32, maximumBytes: Int) {
            self.slot = slot
            self.offset = offset
            self.leaderEpoch = leaderEpoch
            self.maximumBytes = maximumBytes
        }
    }

    /// A Fetch request.
    package struct Request: Sendable {
        package var sessionID: Int32
        package var sessionEpoch: Int32
        package var entries: [Entry]
        package var forgotten: [Int]
        package var maximumBytes: Int

        package init(sessionID: Int32, sessionEpoch: Int32, entries: [Entry], forgotten: [Int], maximumBytes: Int) {
            self.sessionID = sessionID
            self.sessionEpoch = sessionEpoch
            self.entries = entries
            self.forgotten = forgotten
            self.maximumBytes = maximumBytes
        }
    }

    /// What the answer says of one partition.
    package struct Part: Sendable {
        package let slot: Int
        package let errorCode: Int16
        package let highWatermark: Int64
        package let batches: [ModelBatch]
    }

    /// A Fetch answer.
    package struct Answer: Sendable {
        package let errorCode: Int16
        package let sessionID: Int32
        package let parts: [Part]

        package init(errorCode: Int16, sessionID: Int32, parts: [Part]) {
            self.errorCode = errorCode
            self.sessionID = sessionID
            self.parts = parts
        }

        /// Whether there is something that the consumer should not wait for.
        package var isWorthSending: Bool {
            errorCode != 0 || parts.contains { $0.errorCode != 0 || !$0.batches.isEmpty }
        }
    }

    /// A session; `epoch` is the one that the next request must bear.
    private struct Session: Sendable {
        let id: Int32
        var epoch: Int32
        var entries: [Entry]
    }

    /// A request that was taken up: what it reads, under which session.
    package struct Order: Sendable {
        package let sessionID: Int32
        package let isIncremental: Bool
        package let entries: [Entry]
        package let maximumBytes: Int
    }

    package let node: Int32
    private var sessions: [Session] = []
    private var lastSession: Int32 = 0

    package init(node: Int32) { self.node = node }

    /// Checks the session of a request and notes what it changes; the error code when it may not go on.
    package mutating func begin(_ request: Request) -> Result<Order, FetchRefusal> {
        if request.sessionEpoch == 0 {
            sessions.removeAll { $0.id == request.sessionID }
            lastSession = lastSession == .max ? 1 : lastSession + 1
            sessions.append(Session(id: lastSession, epoch: 1, entries: request.entries))
            return .success(
                Order(
                    sessionID: lastSession, isIncremental: false, entries: request.entries,
                    maximumBytes: request.maximumBytes))
        }
        guard let at = sessions.firstIndex(where: { $0.id == request.sessionID }) else {
            return .failure(FetchRefusal(errorCode: 70))
        }
        guard sessions[at].epoch == request.sessionEpoch else { return .failure(FetchRefusal(errorCode: 71)) }
        sessions[at].epoch += 1
        let forgotten = Set(request.forgotten)
        sessions[at].entries.removeAll { forgotten.contains($0.slot) }
        for entry in request.entries {
            if let known = sessions[at].entries.firstIndex(where: { $0.slot == entry.slot }) {
                sessions[at].entries[known] = entry
            } else {
                sessions[at].entries.append(entry)
            }
        }
        return .success(
            Order(
                sessionID: request.sessionID, isIncremental: true, entries: sessions[at].entries,
                maximumBytes: request.maximumBytes))
    }

    /// Reads what an order asks for, as the logs are now.
    package func read(_ order: Order, _ partitions: [PartitionModel]) -> Answer {
        var parts: [Part] = []
        var left = order.maximumBytes
        for entry in order.entries where partitions.indices.contains(entry.slot) {
            let part = read(entry, partitions[entry.slot], left: left, isFirst: !parts.contains { !$0.batches.isEmpty })
            left -= part.batches.reduce(0) { $0 + $1.byteCount }
            if order.isIncremental, part.errorCode == 0, part.batches.isEmpty { continue }
            parts.append(part)
        }
        return Answer(errorCode: 0, sessionID: order.sessionID, parts: parts)
    }

    private func read(_ entry: Entry, _ partition: PartitionModel, left: Int, isFirst: Bool) -> Part {
        func refuse(_ code: Int16) -> Part { Part(slot: entry.slot, errorCode: code, highWatermark: -1, batches: []) }
        guard partition.leader == node else { return refuse(6) }
        if entry.leaderEpoch >= 0, entry.leaderEpoch < partition.leaderEpoch { return refuse(74) }
        if entry.leaderEpoch > partition.leaderEpoch { return refuse(75) }
        guard entry.offset >= partition.logStartOffset, entry.offset <= partition.endOffset else { return refuse(1) }
        var batches: [ModelBatch] = []
        var bytes = 0
        for batch in partition.log[partition.place(of: entry.offset)...]
        where batch.nextOffset <= partition.highWatermark {
            // The first batch goes out whole whatever its size, so that a consumer never stands still.
            let fits = bytes + batch.byteCount <= min(entry.maximumBytes, left)
            guard fits || (isFirst && batches.isEmpty) else { break }
            batches.append(batch)
            bytes += batch.byteCount
        }
        return Part(slot: entry.slot, errorCode: 0, highWatermark: partition.highWatermark, batches: batches)
    }

    /// How many sessions are kept.
    package var sessionCount: Int { sessions.count }

    /// What the session of a request asks for so far; empty where there is none.
    package func entries(ofSession id: Int32) -> [Entry] { sessions.first { $0.id == id }?.entries ?? [] }

    /// An order without a session: what the request names is all.
    package static func sessionless(_ request: Request) -> Order {
        Order(sessionID: 0, isIncremental: false, entries: request.entries, maximumBytes: request.maximumBytes)
    }

    /// Ends one session.
    package mutating func endSession(_ id: Int32) { sessions.removeAll { $0.id == id } }

    /// Ends the session that was begun first.
    package mutating func dropOldestSession() {
        if !sessions.isEmpty { sessions.removeFirst() }
    }

    /// Forgets every session, as a broker does that restarts or whose cache is full.
    package mutating func dropSessions() { sessions = [] }
}

/// Why a Fetch was refused as a whole.
package struct FetchRefusal: Error, Sendable, Equatable {
    package let errorCode: Int16
}

extension ModelBatch {
    /// What the batch takes in a fetch answer.
    package var byteCount: Int { size > 0 ? size : 61 + 20 * Int(recordCount) }
}

extension PartitionModel {
    /// The place in the log of the first batch that ends behind an offset; the end of the log where there is none.
    package func place(of offset: Int64) -> Int {
        var (low, high) = (0, log.count)
        while low < high {
            let middle = (low + high) / 2
            if log[middle].nextOffset > offset { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// ListOffsets for -1 (high watermark) or -2 (log start), at the given node; the error code when refused.
    package func listOffset(_ timestamp: Int64, at node: Int32, currentEpoch: Int32) -> Result<Int64, FetchRefusal> {
        if let refusal = refusal(at: node, currentEpoch: currentEpoch) { return .failure(refusal) }
        return .success(timestamp == -2 ? logStartOffset : highWatermark)
    }

    /// OffsetForLeaderEpoch: the largest epoch up to the given one and where its records end.
    package func endOffset(
        ofEpoch epoch: Int32, at node: Int32, currentEpoch: Int32
    ) -> Result<(epoch: Int32, offset: Int64), FetchRefusal> {
        if let refusal = refusal(at: node, currentEpoch: currentEpoch) { return .failure(refusal) }
        if epoch >= leaderEpoch { return .success((leaderEpoch, endOffset)) }
        // No batch has such an epoch: the log need not be looked through.
        if epoch < 0 { return .success((-1, -1)) }
        guard let last = log.last(where: { $0.leaderEpoch <= epoch }) else { return .success((-1, -1)) }
        return .success((last.leaderEpoch, last.nextOffset))
    }

    private func refusal(at node: Int32, currentEpoch: Int32) -> FetchRefusal? {
        if leader != node { return FetchRefusal(errorCode: 6) }
        if currentEpoch >= 0, currentEpoch < leaderEpoch { return FetchRefusal(errorCode: 74) }
        if currentEpoch > leaderEpoch { return FetchRefusal(errorCode: 75) }
        return nil
    }
}
