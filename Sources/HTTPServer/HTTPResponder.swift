import Synchronization

/// The way back for one answer. May be called from any thread, at once or later; only the first answer counts. A responder that
/// is let go without an answer answers 500 by itself, so that no client waits for ever.
package final class HTTPResponder: Sendable {
    /// Makes the answer of a request whose time is over. Called on the listener's thread.
    package typealias LateAnswer = @Sendable () -> HTTPResponse

    private let slot: AnswerSlot

    init(_ slot: AnswerSlot) { self.slot = slot }

    /// A responder without a server: for callers of handlers other than a server.
    /// - Parameters:
    ///   - schedule: takes a deadline in monotonic nanoseconds and what to answer then.
    ///   - deliver: takes the answer, once.
    package convenience init(
        schedule: @escaping @Sendable (UInt64, @escaping LateAnswer) -> Void = { _, _ in },
        deliver: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        self.init(AnswerSlot(schedule: schedule, deliver: deliver))
    }

    deinit {
        slot.fill(.text(500, "The request was dropped."))
    }

    /// Sends the answer.
    /// - Returns: false where an answer was given before.
    @discardableResult
    package func answer(_ response: HTTPResponse) -> Bool {
        slot.fill(response)
    }

    /// Sends what `late` makes, unless an answer was given by then.
    /// - Parameter deadline: monotonic nanoseconds, as in ``HTTPRequest/began``.
    package func answer(at deadline: UInt64, _ late: @escaping LateAnswer) {
        slot.schedule(deadline, late)
    }
}

/// Takes one answer from any thread and hands it on once.
final class AnswerSlot: Sendable {
    private let isFilled = Atomic(false)
    let schedule: @Sendable (UInt64, @escaping HTTPResponder.LateAnswer) -> Void
    private let deliver: @Sendable (HTTPResponse) -> Void

    init(
        schedule: @escaping @Sendable (UInt64, @escaping HTTPResponder.LateAnswer) -> Void,
        deliver: @escaping @Sendable (HTTPResponse) -> Void
    ) {
        self.schedule = schedule
        self.deliver = deliver
    }

    @discardableResult
    func fill(_ response: HTTPResponse) -> Bool {
        guard !isFilled.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        deliver(response)
        return true
    }
}
