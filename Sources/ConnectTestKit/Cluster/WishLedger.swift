/// What clients have asked of one connector, and what of that is known to have come to be.
struct WishLedger {
    /// How a wish ended for the client.
    enum End {
        /// It was told to be done.
        case acknowledged
        /// It was refused, or never reached anybody who could do it.
        case nothing
        /// It failed on its way, and may come to be all the same.
        case unknown
    }

    /// Those without an end, and those of which nobody knows what they came to.
    private var open = 0
    /// Several were under way at once: what came of them has no order that a client knows.
    private var isMixed = false
    private var last: ClusterCommand?

    /// The last wish that was acknowledged, where no other can have come behind it.
    var kept: ClusterCommand? { open == 0 ? last : nil }

    /// A client asks for something.
    mutating func begin() {
        if open > 0 { isMixed = true }
        open += 1
    }

    /// What was asked for has come to its end.
    mutating func end(_ command: ClusterCommand, _ end: End) {
        switch end {
        case .unknown: return isMixed = true
        case .acknowledged: last = isMixed ? nil : command
        case .nothing: if isMixed { last = nil }
        }
        open -= 1
        if open == 0 { isMixed = false }
    }
}
