/// What a client may take of the machine and of its peers.
package struct ClientLimits: Sendable, Equatable {
    /// Requests in flight to one server at one time; further ones wait for their turn, within their own time. A server that does
    /// not answer holds up nobody else's.
    package var inFlight: Int
    /// Requests in flight and waiting; further ones are refused. Fewer than a listener of the worker takes connections, each of
    /// which may wait for such a request: whatever another worker does, this one goes on to answer what it can answer itself.
    package var accepted: Int
    /// Connections that are kept for the next request.
    package var idleConnections: Int
    /// Longest wait for a connection.
    package var connectTime: Duration

    /// Limits.
    package init(
        inFlight: Int = 64, accepted: Int = 384, idleConnections: Int = 16, connectTime: Duration = .seconds(15)
    ) {
        self.inFlight = max(inFlight, 1)
        self.accepted = accepted
        self.idleConnections = max(idleConnections, 1)
        self.connectTime = connectTime
    }
}
