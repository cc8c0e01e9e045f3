import Synchronization

/// The way back for one answer. May be called from any thread, at once or later; only the first answer counts. A responder that
/// is let go without an answer answers 500 by itself, so that no client waits for ever.
package final class HTTPResponder: Sendable {
    private let slot: AnswerSlot

    init(_ slot: AnswerSlot) { self.slot = slot }

    /// A responder without a server, whose answer goes to a closure: for callers of handlers other than a server.
    package convenience init(_ take: @escaping @Sendable (HTTPResponse) -> Void) {
        self.init(AnswerSlot(take))
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
}

/// Takes one answer from any thread and hands it on once.
final class AnswerSlot: Sendable {
    private let isFilled = Atomic(false)
    private let deliver: @Sendable (HTTPResponse) -> Void

    init(_ deliver: @escaping @Sendable (HTTPResponse) -> Void) { self.deliver = deliver }

    @discardableResult
    func fill(_ response: HTTPResponse) -> Bool {
        guard !isFilled.exchange(true, ordering: .acquiringAndReleasing) else { return false }
        deliver(response)
        return true
    }
}
