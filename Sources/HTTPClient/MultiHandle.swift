import CCurl

/// libcurl's set of transfers. All of it belongs to the client's thread but ``wake()``, which libcurl allows any thread; the
/// mailbox's lock sees to it that nobody wakes a handle that was freed. Hence the unchecked conformance.
struct MultiHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    init(_ handle: UnsafeMutableRawPointer) { self.handle = handle }

    /// Makes the poll that goes on, or the next one, return.
    func wake() { curl_multi_wakeup(handle) }

    /// Adds a transfer, which must live until it is removed.
    func add(_ transfer: Transfer) throws(HTTPClientError) {
        let code = curl_multi_add_handle(handle, transfer.easy)
        guard code == CURLM_OK else {
            throw HTTPClientError(
                .overloaded, "libcurl does not take the request: \(String(cString: curl_multi_strerror(code)))")
        }
    }

    func remove(_ transfer: Transfer) { curl_multi_remove_handle(handle, transfer.easy) }

    /// Does what can be done without waiting.
    func perform() {
        var running: Int32 = 0
        curl_multi_perform(handle, &running)
    }

    /// The next transfer that has ended.
    func nextEnded() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var code = CURLE_OK
        guard let easy = kc_curl_next_ended(handle, &code) else { return nil }
        return (easy, code)
    }

    /// Waits until a transfer can go on, somebody wakes it, or `deadline` is reached.
    func poll(upTo deadline: MonotonicTime?) {
        let time = deadline.map { MonotonicTime.now().milliseconds(until: $0) } ?? .max
        curl_multi_poll(handle, nil, 0, Int32(clamping: time), nil)
    }

    /// Called once, when no transfer is left.
    func free() { curl_multi_cleanup(handle) }
}
