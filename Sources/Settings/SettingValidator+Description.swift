extension SettingValidator: CustomStringConvertible {
    /// What the reference page says in its column of valid values; empty where there is nothing to say.
    package var description: String {
        switch self {
        case .range(let minimum, let maximum):
            switch (minimum, maximum) {
            case (nil, nil): "any number"
            case (let minimum?, nil): "at least \(minimum.text)"
            case (nil, let maximum?): "at most \(maximum.text)"
            case (let minimum?, let maximum?): "\(minimum.text) to \(maximum.text)"
            }
        case .oneOf(let valid): valid.joined(separator: ", ")
        case .oneOfIgnoringCase(let valid): valid.map { $0.lowercased() }.joined(separator: ", ") + " (in any case)"
        case .nonEmptyString: "not empty"
        case .name: "not empty, no control characters"
        case .nonNull: ""
        case .nonEmptyList: "at least one"
        case .list(let emptyAllowed, _, let valid):
            (valid.isEmpty ? "none twice" : "of " + valid.joined(separator: ", ") + ", none twice")
                + (emptyAllowed ? "" : ", at least one")
        case .uniqueElements: "none twice"
        case .regularExpression: "a regular expression"
        case .check(let description, _): description
        case .nullOr(let validator), .unprefixed(_, let validator): validator.description
        case .all(let validators):
            validators.map(\.description).filter { !$0.isEmpty }.joined(separator: "; ")
        }
    }
}
