import CMicrohttpd
import Glibc

/// libmicrohttpd's side: its options and its callbacks, each of which finds the ``ServerLoop`` in its first argument. The loop
/// outlives the daemon, which it stops itself.
enum Microhttpd {
    private typealias AcceptRequest =
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?,
            UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> MHD_Result
    private typealias ReadRequestLine =
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer?
    private typealias Unescape =
        @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int
    private typealias RequestEnded =
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            MHD_RequestTerminationCode
        ) -> Void
    private typealias ConnectionChanged =
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
            MHD_ConnectionNotificationCode
        ) -> Void

    /// Starts a daemon in external epoll mode.
    /// - Returns: nil where libmicrohttpd refuses.
    static func start(socket: Int32, limits: HTTPLimits, context: UnsafeMutableRawPointer) -> OpaquePointer? {
        let flags = MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_EPOLL.rawValue
        var options = [
            item(.LISTEN_SOCKET, Int(socket)),
            item(.CONNECTION_LIMIT, limits.connections),
            item(.CONNECTION_MEMORY_LIMIT, limits.headerBytes),
            item(.STRICT_FOR_CLIENT, 1),
            item(.URI_LOG_CALLBACK, unsafeBitCast(readRequestLine, to: Int.self), context),
            item(.UNESCAPE_CALLBACK, unsafeBitCast(unescape, to: Int.self), context),
            item(.NOTIFY_COMPLETED, unsafeBitCast(requestEnded, to: Int.self), context),
            item(.NOTIFY_CONNECTION, unsafeBitCast(connectionChanged, to: Int.self), context),
            item(.END, 0),
        ]
        return options.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            return withVaList([MHD_OPTION.ARRAY.rawValue, base, MHD_OPTION.END.rawValue]) { list in
                MHD_start_daemon_va(flags, 0, nil, nil, acceptRequest, context, list)
            }
        }
    }

    private static func item(
        _ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil
    ) -> MHD_OptionItem {
        MHD_OptionItem(option: option, value: value, ptr_value: pointer)
    }

    private static func loop(_ context: UnsafeMutableRawPointer?) -> ServerLoop? {
        context.map { Unmanaged<ServerLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    private static let connectionChanged: ConnectionChanged = { context, connection, _, change in
        guard let loop = loop(context), let connection else { return }
        let descriptor = kc_mhd_connection_fd(connection)
        if change == .CONNECTION_NOTIFY_STARTED {
            loop.connectionOpened(descriptor)
        } else {
            loop.connectionClosed(descriptor)
        }
    }

    /// The first sight of a request. What it returns travels with the request until ``requestEnded``, which releases it.
    private static let readRequestLine: ReadRequestLine = { context, text, connection in
        guard let loop = loop(context), let text, let connection else { return nil }
        let exchange = loop.requestLineRead(String(cString: text), connection)
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    /// Leaves escapes alone: ``RequestTarget`` decodes once the path is split.
    private static let unescape: Unescape = { _, _, text in
        text.map { strlen($0) } ?? 0
    }

    private static let acceptRequest: AcceptRequest = { context, connection, _, method, version, data, size, state in
        guard let loop = loop(context), let connection, let size, let pointer = state?.pointee else { return .NO }
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        switch exchange.phase {
        case .head:
            exchange.method = method.map { String(cString: $0) } ?? ""
            exchange.version = version.map { String(cString: $0) } ?? ""
            exchange.headers = headers(of: connection)
            return loop.headRead(exchange, connection)
        case .body where size.pointee > 0:
            let bytes = UnsafeRawBufferPointer(start: data, count: size.pointee)
            size.pointee = 0
            return loop.bodyRead(exchange, bytes)
        case .body:
            return loop.requestRead(exchange, connection)
        case .waiting:
            return loop.resumed(exchange, connection)
        case .answered:
            return .NO
        }
    }

    private static let requestEnded: RequestEnded = { context, connection, state, _ in
        guard let loop = loop(context), let pointer = state?.pointee else { return }
        state?.pointee = nil
        loop.requestEnded(Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue())
    }

    private static func headers(of connection: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        withUnsafeMutablePointer(to: &headers) { pointer in
            _ = MHD_get_connection_values_n(
                connection, .HEADER_KIND,
                { target, _, name, nameSize, value, valueSize in
                    guard let headers = target?.assumingMemoryBound(to: HTTPHeaders.self) else { return .NO }
                    headers.pointee.add(Microhttpd.text(name, nameSize), Microhttpd.text(value, valueSize))
                    return .YES
                }, pointer)
        }
        return headers
    }

    private static func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
    }

    private static let readAnswer:
        @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
            context, position, target, room in
            guard let context, let target else { return -2 }
            let feed = Unmanaged<AnswerFeed>.fromOpaque(context).takeUnretainedValue()
            return feed.read(
                from: Int(clamping: position), into: UnsafeMutableRawBufferPointer(start: target, count: room))
        }

    private static let freeAnswer: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<AnswerFeed>.fromOpaque(context).release() }
    }

    private static func response(_ body: [UInt8], _ feed: AnswerFeed?) -> OpaquePointer? {
        guard let feed else {
            return body.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        }
        let context = Unmanaged.passRetained(feed)
        let made = MHD_create_response_from_callback(
            UInt64(body.count), AnswerFeed.blockBytes, readAnswer, context.toOpaque(), freeAnswer)
        if made == nil { context.release() }
        return made
    }

    /// Hands an answer to libmicrohttpd. A header that it does not take is left out: the answer matters more.
    /// - Parameter feed: of a long answer, whose body is read bit by bit.
    /// - Returns: what the callback has to return: `.NO` ends the connection.
    static func queue(
        _ response: HTTPResponse, _ feed: AnswerFeed?, closing: Bool, _ connection: OpaquePointer
    ) -> MHD_Result {
        guard let made = Self.response(response.body, feed) else { return .NO }
        defer { MHD_destroy_response(made) }
        for field in response.headers.fields {
            _ = MHD_add_response_header(made, field.name, field.value)
        }
        if closing { MHD_add_response_header(made, "Connection", "close") }
        return MHD_queue_response(connection, UInt32(clamping: response.status), made)
    }
}
