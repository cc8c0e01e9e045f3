/// What a client may take of a listener.
package struct HTTPLimits: Sendable, Equatable {
    /// Memory of one connection for the request line and the headers of one request. A longer request line is answered
    /// with 414, more headers with 431.
    package var headerBytes: Int
    /// Length of a body. A longer one is answered with 413.
    package var bodyBytes: Int
    /// Bytes of those bodies together that are longer than ``bodyBytes``, which some may be, or than 64 KiB, over all
    /// connections of a listener. One that would need more is answered with 503.
    package var longBodyBytes: Int
    /// Bytes of those answers together that are longer than 64 KiB and that clients have not taken yet, over all connections of
    /// a listener. One that would need more is replaced by a 503, unless it is alone.
    package var longAnswerBytes: Int
    /// Connections at one time. Near it, idle connections make room for new ones, the longest idle first; beyond it, new
    /// ones wait in the kernel's queue, and clients that have gone or take nothing of their answers make room too.
    package var connections: Int
    /// Longest wait for a whole request: counted from the opening of a connection, then from each request line. An idle
    /// connection is closed after as long.
    package var requestTime: Duration
    /// Longest wait for a client to take an answer.
    package var responseTime: Duration

    package init(
        headerBytes: Int = 32 << 10, bodyBytes: Int = 1 << 20, longBodyBytes: Int = 64 << 20,
        longAnswerBytes: Int = 64 << 20, connections: Int = 512,
        requestTime: Duration = .seconds(30), responseTime: Duration = .seconds(120)
    ) {
        self.headerBytes = headerBytes
        self.bodyBytes = bodyBytes
        self.longBodyBytes = longBodyBytes
        self.longAnswerBytes = longAnswerBytes
        self.connections = connections
        self.requestTime = requestTime
        self.responseTime = responseTime
    }

    /// Descriptors that are not for connections: those of the listeners, of Kafka and of files.
    static let descriptorReserve = 32
    static let fewestConnections = 4

    /// The same limits with no more connections than the process has descriptors for, so that making room begins before they
    /// run out.
    ///
    /// - Parameters:
    ///   - descriptors: that the process may have open.
    ///   - listeners: among which they are shared.
    func fitting(descriptors: UInt64, listeners: Int) -> HTTPLimits {
        let left = Int(clamping: descriptors) - Self.descriptorReserve
        var limits = self
        limits.connections = min(connections, max(Self.fewestConnections, left / max(listeners, 1)))
        return limits
    }
}
