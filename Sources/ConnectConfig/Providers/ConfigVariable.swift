/// A reference `${provider:key}` or `${provider:path:key}` within a value.
struct ConfigVariable: Equatable {
    let provider: String
    /// Empty where none was given. Cannot hold a colon.
    let path: String
    let key: String

    /// A value in pieces.
    enum Piece: Equatable {
        case text(String)
        /// The second is the reference as written.
        case variable(ConfigVariable, String)
    }

    /// Cuts a value at its references. What has no colon or no closing brace is text.
    static func pieces(of value: String) -> [Piece] {
        var pieces: [Piece] = []
        var text = ""
        var rest = value[...]
        while let dollar = rest.firstRange(of: "${") {
            let inside = rest[dollar.upperBound...]
            guard let close = inside.firstIndex(of: "}") else { break }
            let body = inside[..<close]
            let next = rest.index(after: close)
            if let variable = ConfigVariable(body) {
                text += rest[..<dollar.lowerBound]
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.variable(variable, String(rest[dollar.lowerBound..<next])))
            } else {
                text += rest[..<next]
            }
            rest = rest[next...]
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        return pieces
    }

    /// Whether a value refers to a provider of that name.
    static func refers(_ value: String, to provider: String) -> Bool { refers(value, toAnyOf: [provider]) }

    /// Whether a value refers to a provider of one of those names.
    static func refers(_ value: String, toAnyOf providers: Set<String>) -> Bool {
        pieces(of: value).contains {
            guard case .variable(let variable, _) = $0 else { return false }
            return providers.contains(variable.provider)
        }
    }

    private init?(_ body: Substring) {
        let parts = body.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        switch parts.count {
        case 2: (provider, path, key) = (String(parts[0]), "", String(parts[1]))
        case 3: (provider, path, key) = (String(parts[0]), String(parts[1]), String(parts[2]))
        default: return nil
        }
    }
}

extension Substring {
    /// The first place of an ASCII text.
    fileprivate func firstRange(of text: StaticString) -> Range<Index>? {
        let wanted = text.description
        var start = startIndex
        while let first = wanted.first, let found = self[start...].firstIndex(of: first) {
            if self[found...].hasPrefix(wanted) { return found..<index(found, offsetBy: wanted.count) }
            start = index(after: found)
        }
        return nil
    }
}
