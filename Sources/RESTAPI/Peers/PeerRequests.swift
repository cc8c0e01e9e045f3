package import HTTPClient
import Synchronization

/// Requests to other workers of the group, each given up once the worker that it went to has left the group: one that hangs
/// answers nothing, and its kernel goes on taking requests. Thread-safe.
///
/// Apache's worker waits for the whole time of the request. What was given up is never sent again by itself, since it may have
/// been carried out.
package final class PeerRequests: HTTPSender {
    private struct Open {
        let number: UInt64
        let url: String
        let done: Completion
    }

    private let sender: any HTTPSender
    private let state = Mutex<(last: UInt64, open: [Open])>((0, []))

    /// - Parameter sender: carries the requests.
    package init(_ sender: any HTTPSender) { self.sender = sender }

    /// As ``HTTPSender/send(_:_:)``; `done` may also be called on the thread of ``groupSettled(_:)``.
    package func send(_ request: ClientRequest, _ done: @escaping Completion) {
        let number = state.withLock { state in
            state.last += 1
            state.open.append(Open(number: state.last, url: request.url, done: done))
            return state.last
        }
        sender.send(request) { self.end(number)?($0) }
    }

    /// A round of the group has ended: gives up what other workers than these were asked.
    ///
    /// - Parameter workers: URLs of those that may still answer.
    package func groupSettled(_ workers: [String]) {
        let prefixes = workers.map { PeerURL.make($0, [""]) }
        let gone = state.withLock { state in
            let isGone = { (open: Open) in !prefixes.contains { open.url.utf8.starts(with: $0.utf8) } }
            defer { state.open.removeAll(where: isGone) }
            return state.open.filter(isGone)
        }
        for open in gone {
            open.done(
                .failure(
                    HTTPClientError(
                        .abandoned,
                        "\(open.url.prefix { $0 != "?" }) was not answered before the group went on without that worker or "
                            + "with another leader. The request may have been carried out: look before it is sent again"
                    )))
        }
    }

    /// - Returns: whom to tell; nil where the request was given up before.
    private func end(_ number: UInt64) -> Completion? {
        state.withLock { state in
            guard let index = state.open.firstIndex(where: { $0.number == number }) else { return nil }
            return state.open.remove(at: index).done
        }
    }
}
