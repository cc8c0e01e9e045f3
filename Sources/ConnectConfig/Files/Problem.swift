/// Something wrong in a file, or worth a word.
package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        /// The file cannot be used.
        case error
        /// It can, but probably not as meant.
        case warning
    }

    package var file: String
    /// Nil where the problem is that something is not there.
    package var position: SourcePosition?
    /// The dotted key that it is about.
    package var key: String?
    package var message: String
    package var severity: Severity

    package init(
        file: String, position: SourcePosition? = nil, key: String? = nil, message: String, severity: Severity = .error
    ) {
        self.file = file
        self.position = position
        self.key = key
        self.message = message
        self.severity = severity
    }

    /// One line, in the form that editors know: `FILE:LINE:COLUMN: error: MESSAGE`. The key is named where the message
    /// does not do so itself.
    package var description: String {
        var text = file
        if let position { text += ":\(position.line):\(position.column)" }
        text += ": \(severity.rawValue): "
        if let key, !names(key) { text += "\(key): " }
        // Keys and messages hold text of the file, which may hold line ends.
        return (text + message).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    private func names(_ key: String) -> Bool {
        let words = message.split { !($0.isLetter || $0.isNumber || "._-".contains($0)) }
        return words.contains { $0 == key || $0 == key + "." }
    }
}

extension [Problem] {
    /// In the order of the file, what has no place at the end. Stable, so that what belongs together stays together.
    package var inFileOrder: [Problem] {
        let end = SourcePosition(line: .max, column: .max)
        let ranked = enumerated().map { (place: $1.position ?? end, order: $0, problem: $1) }
        return ranked.sorted {
            ($0.place.line, $0.place.column, $0.order) < ($1.place.line, $1.place.column, $1.order)
        }.map(\.problem)
    }
}
