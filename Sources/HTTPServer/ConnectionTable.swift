/// Which connections are open and until when each may stay in what it does: a pure machine over monotonic nanoseconds.
///
/// A connection is **idle** from its opening or its last answer until a request line was read, then **receiving** until the
/// whole request is there, then **waiting** for the handler without a limit (the handler has its own), then **answering** until
/// the client took the answer. A fresh connection's time for the whole first request counts from its opening, so that a
/// client that sends a byte now and then gains nothing.
struct ConnectionTable {
    enum Phase: Equatable {
        case idle, receiving, waiting, answering
    }

    private struct Entry {
        let descriptor: Int32
        var phase: Phase
        /// `UInt64.max` where there is none.
        var deadline: UInt64
        var hasAnswered: Bool
        /// When the client last took something of its answer.
        var progress: UInt64 = 0
    }

    /// Nanoseconds after which a client that takes nothing of its answer makes room for others, where there is none.
    static let stallTime: UInt64 = 5_000_000_000

    private let requestTime: UInt64
    private let responseTime: UInt64
    private let stallTime: UInt64
    private let crowd: Int
    /// Sorted by descriptor.
    private var entries: [Entry] = []

    /// - Parameters:
    ///   - requestTime: nanoseconds for a request to arrive, and for an idle connection to stay.
    ///   - responseTime: nanoseconds for an answer to be taken.
    ///   - stallTime: nanoseconds without progress after which an answer makes room as well.
    ///   - capacity: connections that the server accepts; near it idle ones make room.
    init(requestTime: UInt64, responseTime: UInt64, stallTime: UInt64 = Self.stallTime, capacity: Int) {
        self.stallTime = min(stallTime, responseTime)
        self.requestTime = requestTime
        self.responseTime = responseTime
        // The last eighth is kept free, at least one place.
        self.crowd = max(1, capacity - max(1, capacity / 8))
    }

    var isEmpty: Bool { entries.isEmpty }
    var count: Int { entries.count }

    /// A connection was opened.
    /// - Returns: the descriptor of a connection to cut for it, the one that has been without a whole request for longest.
    mutating func opened(_ descriptor: Int32, now: UInt64) -> Int32? {
        closed(descriptor)
        let victim = entries.count >= crowd ? evict(now: now) : nil
        entries.insert(
            Entry(
                descriptor: descriptor, phase: .idle, deadline: Self.later(now, requestTime), hasAnswered: false),
            at: position(descriptor))
        return victim
    }

    mutating func requestLineRead(_ descriptor: Int32, now: UInt64) {
        let deadline = Self.later(now, requestTime)
        update(descriptor) { entry in
            entry.phase = .receiving
            if entry.hasAnswered { entry.deadline = deadline }
        }
    }

    mutating func requestRead(_ descriptor: Int32) {
        update(descriptor) { entry in
            entry.phase = .waiting
            entry.deadline = .max
        }
    }

    mutating func answerBegun(_ descriptor: Int32, now: UInt64) {
        let deadline = Self.later(now, responseTime)
        update(descriptor) { entry in
            entry.phase = .answering
            entry.deadline = deadline
            entry.progress = now
        }
    }

    /// The client took a part of its answer.
    mutating func answerTaken(_ descriptor: Int32, now: UInt64) {
        update(descriptor) { $0.progress = now }
    }

    mutating func answered(_ descriptor: Int32, now: UInt64) {
        let deadline = Self.later(now, requestTime)
        update(descriptor) { entry in
            entry.phase = .idle
            entry.hasAnswered = true
            entry.deadline = deadline
        }
    }

    mutating func closed(_ descriptor: Int32) {
        let place = position(descriptor)
        if place < entries.count, entries[place].descriptor == descriptor { entries.remove(at: place) }
    }

    /// Descriptors whose time is over. Each is told once.
    mutating func expired(now: UInt64) -> [Int32] {
        var result: [Int32] = []
        for place in entries.indices where entries[place].deadline <= now {
            entries[place].deadline = .max
            result.append(entries[place].descriptor)
        }
        return result
    }

    /// The server ends. A connection that was just opened has its first request on the way, which gets `newcomerTime` to
    /// arrive: cut at once, its client would find a server that took the connection and said nothing.
    /// - Returns: descriptors of the connections to cut: those that rest after an answer. Their clients know that they may end.
    mutating func ending(now: UInt64, newcomerTime: UInt64) -> [Int32] {
        let deadline = Self.later(now, newcomerTime)
        for place in entries.indices where entries[place].phase == .idle && !entries[place].hasAnswered {
            entries[place].deadline = min(entries[place].deadline, deadline)
        }
        return entries.filter { $0.phase == .idle && $0.hasAnswered }.map(\.descriptor)
    }

    /// When ``expired(now:)`` will next have something to tell.
    var nextDeadline: UInt64? {
        entries.lazy.map(\.deadline).min().flatMap { $0 == .max ? nil : $0 }
    }

    /// What a connection is doing; nil for an unknown one.
    func phase(of descriptor: Int32) -> Phase? {
        let place = position(descriptor)
        return place < entries.count && entries[place].descriptor == descriptor ? entries[place].phase : nil
    }

    /// Descriptors of connections without a whole request whose client has gone. Each is told once, as in ``expired(now:)``.
    mutating func abandoned(where hasGone: (Int32) -> Bool) -> [Int32] {
        var result: [Int32] = []
        for place in entries.indices where entries[place].phase == .idle || entries[place].phase == .receiving {
            guard entries[place].deadline != .max, hasGone(entries[place].descriptor) else { continue }
            entries[place].deadline = .max
            result.append(entries[place].descriptor)
        }
        return result
    }

    /// Descriptors of the connections whose requests wait for their handler.
    var waiting: [Int32] { entries.filter { $0.phase == .waiting }.map(\.descriptor) }

    /// The connection to cut for a new one: that without a whole request whose request was due first; where all have one, that
    /// which has taken nothing of its answer for longest, if that is long. It is told once, as in ``expired(now:)``.
    mutating func evict(now: UInt64) -> Int32? {
        var victim: Int?
        var stalled: Int?
        for place in entries.indices where entries[place].deadline != .max {
            switch entries[place].phase {
            case .idle, .receiving:
                if victim.map({ entries[place].deadline < entries[$0].deadline }) ?? true { victim = place }
            case .answering:
                guard Self.later(entries[place].progress, stallTime) <= now else { continue }
                if stalled.map({ entries[place].progress < entries[$0].progress }) ?? true { stalled = place }
            case .waiting: break
            }
        }
        guard let victim = victim ?? stalled else { return nil }
        entries[victim].deadline = .max
        return entries[victim].descriptor
    }

    private mutating func update(_ descriptor: Int32, _ change: (inout Entry) -> Void) {
        let place = position(descriptor)
        guard place < entries.count, entries[place].descriptor == descriptor else { return }
        change(&entries[place])
    }

    /// The place of the first entry that is not below `descriptor`.
    private func position(_ descriptor: Int32) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].descriptor < descriptor { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func later(_ now: UInt64, _ time: UInt64) -> UInt64 {
        let (sum, overflow) = now.addingReportingOverflow(time)
        return overflow ? .max : sum
    }
}
