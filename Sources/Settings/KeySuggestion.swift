/// Finds the key that a misspelled one was meant to be.
package enum KeySuggestion {
    /// The nearest of `known` by edits (insert, drop, change, swap of neighbours), nil where none is near enough to be
    /// a slip of the finger. The first of equally near ones wins.
    package static func nearest(to word: String, in known: some Sequence<String>) -> String? {
        let letters = Array(word.lowercased().utf8.prefix(200))
        var best: (name: String, distance: Int)?
        let limit = max(2, letters.count / 5)
        for candidate in known {
            let other = Array(candidate.lowercased().utf8.prefix(200))
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = edits(letters, other)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Optimal string alignment distance, three rows at a time.
    static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty else { return right.count }
        guard !right.isEmpty else { return left.count }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i]
            row.reserveCapacity(right.count + 1)
            for j in 1...right.count {
                var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1))
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    cost = min(cost, beforeLast[j - 2] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
