extension Array {
    /// Each element whose key did not come before. Without it a request that names one thing a million times would have an answer
    /// a thousand times as long.
    func unique(by key: (Element) -> some Hashable) -> [Element] {
        var seen: Set<AnyHashable> = []
        return filter { seen.insert(AnyHashable(key($0))).inserted }
    }
}
