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
    private var open: [ClusterWish] = []
    /// Several were under way at once: what came of them has no order that a client knows.
    private var isMixed = false
    private var last: ClusterCommand?

    /// The last wish that was acknowledged, where no other can have come behind it.
    var kept: ClusterCommand? { open.isEmpty ? last : nil }

    /// A client asks for something. What it asks for comes behind those that are over, whatever these came to.
    mutating func begin(_ wish: ClusterWish, isOver: (ClusterWish) -> Bool) {
        let count = open.count
        open.removeAll(where: isOver)
        if open.count < count { last = nil }
        isMixed = !open.isEmpty
        open.append(wish)
    }

    /// What was asked for has come to its end.
    mutating func end(_ wish: ClusterWish, _ end: End) {
        switch end {
        case .unknown:
            wish.isUnknown = true
            return last = nil
        case .acknowledged: last = isMixed ? nil : wish.command
        case .nothing: if isMixed { last = nil }
        }
        open.removeAll { $0 === wish }
        if open.isEmpty { isMixed = false }
    }
}
