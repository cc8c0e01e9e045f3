/// Room of a cache of schemas: for so many of them, and for so many bytes, whichever is used up first.
struct CacheRoom {
    /// Schemas that differ from record to record would hold as many times their size as there may be schemas.
    static let mostBytes = 16 << 20

    private let items: Int
    private var used = (items: 0, bytes: 0)

    /// - Parameter items: at least one.
    init(items: Int) { self.items = max(items, 1) }

    /// Takes room for one more.
    ///
    /// - Returns: false where there was none: the cache has to be emptied, and the room is taken of the empty one.
    mutating func take(_ bytes: Int) -> Bool {
        guard used.items < items, used.bytes + bytes <= Self.mostBytes else {
            used = (1, bytes)
            return false
        }
        used.items += 1
        used.bytes += bytes
        return true
    }
}
