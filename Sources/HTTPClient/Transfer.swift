import CCurl

/// One request on its way: owner of libcurl's handle and of what that points to. Confined to the client's thread.
final class Transfer {
    let easy: UnsafeMutableRawPointer
    let done: HTTPSender.Completion
    /// Where it goes.
    let server: Substring
    private var lines: UnsafeMutablePointer<curl_slist>?
    private let reason: UnsafeMutablePointer<CChar>
    private let limit: Int
    private var body: [UInt8] = []
    private var isTooLong = false

    /// - Throws: where the request cannot be sent.
    init(_ ticket: Ticket, connectTime: Duration) throws(HTTPClientError) {
        if let problem = ticket.request.problem {
            throw HTTPClientError(.invalid, "The request cannot be sent: \(problem).")
        }
        guard let easy = curl_easy_init() else { throw .noMemory }
        self.easy = easy
        done = ticket.done
        server = ticket.request.server
        limit = ticket.request.answerBytes
        reason = .allocate(capacity: Int(CURL_ERROR_SIZE))
        reason.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        kc_curl_set_reason(easy, reason)
        try set(kc_curl_set_text(easy, CURLOPT_URL, ticket.request.url))
        try setRules()
        try setTimes(MonotonicTime.now().milliseconds(until: ticket.deadline), connectTime)
        try setMethod(ticket.request)
        try setHeaders(ticket.request)
        // The loop keeps this object until libcurl no longer knows the handle.
        let context = Unmanaged.passUnretained(self).toOpaque()
        try set(kc_curl_set_receiver(easy, receive, context))
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(lines)
        reason.deallocate()
    }

    /// What became of it, once libcurl says that it has ended.
    func outcome(_ code: CURLcode) -> Result<ClientResponse, HTTPClientError> {
        guard code == CURLE_OK else { return .failure(error(code)) }
        let type = kc_curl_content_type(easy).map { String(cString: $0) }
        return .success(ClientResponse(status: Int(kc_curl_status(easy)), contentType: type, body: body))
    }

    /// Takes a piece of the answer's body.
    /// - Returns: false where it is too long.
    fileprivate func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count <= limit - body.count else {
            isTooLong = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private func error(_ code: CURLcode) -> HTTPClientError {
        if isTooLong { return HTTPClientError(.tooLong, "The answer is longer than \(limit) bytes.") }
        let kind: HTTPClientError.Kind =
            switch code {
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_LOGIN_DENIED: .invalid
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT, CURLE_SSL_CONNECT_ERROR,
                CURLE_PEER_FAILED_VERIFICATION:
                .unreachable
            case CURLE_OPERATION_TIMEDOUT: .timedOut
            default: .broken
            }
        let words = String(cString: reason)
        return HTTPClientError(kind, words.isEmpty ? String(cString: curl_easy_strerror(code)) : words)
    }

    private func set(_ code: CURLcode) throws(HTTPClientError) {
        guard code == CURLE_OK else {
            throw HTTPClientError(.invalid, "The request cannot be sent: \(String(cString: curl_easy_strerror(code))).")
        }
    }

    private func setRules() throws(HTTPClientError) {
        try set(kc_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
        try set(kc_curl_set_long(easy, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)))
        try set(kc_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0))
        try set(kc_curl_set_long(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1))
        try set(kc_curl_set_long(easy, CURLOPT_PATH_AS_IS, 1))
        // Else the environment's proxy would see what workers say to one another.
        try set(kc_curl_set_text(easy, CURLOPT_PROXY, ""))
        try set(kc_curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        // A name server that does not answer must not keep the thread beyond the request's time.
        try set(kc_curl_set_long(easy, CURLOPT_QUICK_EXIT, 1))
    }

    /// - Parameter time: milliseconds; 0 would mean no limit to libcurl.
    private func setTimes(_ time: Int, _ connectTime: Duration) throws(HTTPClientError) {
        try set(kc_curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(time, 1)))
        let connect = MonotonicTime.milliseconds(connectTime)
        try set(kc_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(min(time, connect), 1)))
    }

    private func setMethod(_ request: ClientRequest) throws(HTTPClientError) {
        if request.method == "HEAD" {
            try set(kc_curl_set_long(easy, CURLOPT_NOBODY, 1))
        } else if request.body != nil || ["POST", "PUT", "PATCH"].contains(request.method) {
            let body = request.body ?? []
            try set(kc_curl_set_long(easy, CURLOPT_POST, 1))
            try set(kc_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, Int(body.count)))
            try set(body.withUnsafeBytes { kc_curl_set_body(easy, $0.baseAddress ?? UnsafeRawPointer(reason)) })
        }
        if request.method != "HEAD" { try set(kc_curl_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method)) }
    }

    private func setHeaders(_ request: ClientRequest) throws(HTTPClientError) {
        for field in request.headers {
            // A colon alone would take the header out.
            try add(field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
        }
        // What libcurl would add by itself.
        for name in ["Accept", "Content-Type", "Expect"]
        where !request.headers.contains(where: { $0.name.lowercased() == name.lowercased() }) {
            try add("\(name):")
        }
        try set(kc_curl_set_headers(easy, lines))
    }

    private func add(_ line: String) throws(HTTPClientError) {
        guard let longer = curl_slist_append(lines, line) else { throw .noMemory }
        lines = longer
    }
}

/// libcurl's call for a piece of the body. The context is the transfer, unretained: the loop keeps it.
private func receive(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    let total = size * count
    // Another number than that of the bytes ends the transfer; of no bytes there is none but this.
    return transfer.append(UnsafeRawBufferPointer(start: bytes, count: total)) ? total : total + 1
}
