package import ConnectModel

/// What a ``SortedTable`` tells apart and puts in order: texts as Java does (``ExactText``).
package protocol TableKey {
    /// Whether both are the same key.
    func isSame(_ other: Self) -> Bool
    /// Whether this one comes first.
    func precedes(_ other: Self) -> Bool
}

extension TableKey where Self: Comparable {
    package func isSame(_ other: Self) -> Bool { self == other }
    package func precedes(_ other: Self) -> Bool { self < other }
}

extension Int: TableKey {}
extension Int32: TableKey {}
extension TopicPartition: TableKey {}
extension String: TableKey {
    package func isSame(_ other: String) -> Bool { isExactly(other) }
    package func precedes(_ other: String) -> Bool { precedesExactly(other) }
}

/// A map that is walked in the order of its keys, whatever process it is in: machines never iterate a Dictionary.
///
/// Insertion moves what lies behind it; meant for thousands of entries, not millions.
package struct SortedTable<Key: TableKey, Value> {
    private(set) package var entries: [(key: Key, value: Value)] = []

    /// An empty table.
    package init() {}

    /// Keys in order.
    package var keys: [Key] { entries.map(\.key) }

    /// Values in the order of their keys.
    package var values: [Value] { entries.map(\.value) }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    /// The value of a key; setting nil takes the key out.
    package subscript(key: Key) -> Value? {
        get {
            let (position, found) = locate(key)
            return found ? entries[position].value : nil
        }
        set {
            let (position, found) = locate(key)
            switch (found, newValue) {
            case (true, let value?): entries[position].value = value
            case (true, nil): entries.remove(at: position)
            case (false, let value?): entries.insert((key, value), at: position)
            case (false, nil): break
            }
        }
    }

    /// Changes the value of a key in place, from `initial` where there is none.
    package subscript(key: Key, default initial: @autoclosure () -> Value) -> Value {
        get { self[key] ?? initial() }
        _modify {
            let (position, found) = locate(key)
            if !found { entries.insert((key, initial()), at: position) }
            yield &entries[position].value
        }
    }

    /// Changes the value of a key in place.
    ///
    /// - Returns: what `body` returns; nil for a key that is not there.
    @discardableResult
    package mutating func change<Outcome>(_ key: Key, _ body: (inout Value) -> Outcome) -> Outcome? {
        let (position, found) = locate(key)
        return found ? body(&entries[position].value) : nil
    }

    /// Takes everything out.
    package mutating func removeAll() { entries.removeAll() }

    private func locate(_ key: Key) -> (position: Int, found: Bool) {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key.precedes(key) { low = middle + 1 } else { high = middle }
        }
        return (low, low < entries.count && entries[low].key.isSame(key))
    }
}

extension SortedTable: Sendable where Key: Sendable, Value: Sendable {}

extension SortedTable: Equatable where Value: Equatable {
    package static func == (left: SortedTable, right: SortedTable) -> Bool {
        left.entries.count == right.entries.count
            && zip(left.entries, right.entries).allSatisfy { $0.key.isSame($1.key) && $0.value == $1.value }
    }
}
