extension Array {
    /// Each element whose key did not come before. Without it a request that names one thing a million times would have an answer
    /// a thousand times as long.
    func unique(by key: (Element) -> some Hashable) -> [Element] {
        var seen: Set<AnyHashable> = []
        return filter { seen.insert(AnyHashable(key($0))).inserted }
    }

    /// The keys that more than one element has.
    func repeated<Key: Hashable>(_ key: (Element) -> Key) -> Set<Key> {
        var seen: Set<Key> = []
        var repeated: Set<Key> = []
        for element in self where !seen.insert(key(element)).inserted { repeated.insert(key(element)) }
        return repeated
    }
}
