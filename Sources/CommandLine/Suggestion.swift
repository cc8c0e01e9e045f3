/// Finds the word that somebody probably meant.
enum Suggestion {
    /// Longer words are never compared: the comparison takes quadratic time.
    private static let longest = 64

    /// The candidate with the least distance to `word`, the first of equals, or nil where none is near.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let given = Array(word.lowercased())
        guard !given.isEmpty, given.count <= longest else { return nil }
        var best: (word: String, distance: Int)?
        for candidate in candidates where candidate.count <= longest {
            let wanted = Array(candidate.lowercased())
            let found = distance(given, wanted)
            // A third of the letters may be wrong: "standalon" is near, "run" is not near "rpm-pkg".
            guard found <= max(1, min(given.count, wanted.count) / 3) else { continue }
            if best.map({ found < $0.distance }) ?? true { best = (candidate, found) }
        }
        return best?.word
    }

    /// Number of letters to insert, delete, replace or swap with a neighbour.
    static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                var cost = min(last[column + 1], current[column]) + 1
                cost = min(cost, last[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}
