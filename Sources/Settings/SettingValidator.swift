/// A check of a parsed value. Each case is one of Java's validators, with its words.
package indirect enum SettingValidator: Sendable {
    /// Bounds of a number, both included.
    package enum Bound: Sendable {
        case integer(Int64)
        case double(Double)
    }

    /// A check that no case here covers. Gets the key and the value (nil for null), gives the problem or nil.
    package typealias Check = @Sendable (_ key: String, _ value: SettingValue?) -> SettingMessage?

    case range(Bound?, Bound?)
    case oneOf([String])
    /// The order is that of Java's hash set, which its messages show.
    case oneOfIgnoringCase([String])
    case nonEmptyString
    /// Neither empty nor with ISO control characters.
    case name
    case nonNull
    /// What transforms use: null passes for them never, an empty list neither.
    case nonEmptyList
    /// Java's `ValidList`: no element twice, none empty, from a closed set where `valid` is not empty.
    case list(emptyAllowed: Bool, nullAllowed: Bool, valid: [String])
    case uniqueElements(message: String)
    case regularExpression
    /// A check with its description for the reference page.
    case check(String, Check)
    /// Null passes, everything else goes on.
    case nullOr(SettingValidator)
    /// The first that finds a problem speaks.
    case all([SettingValidator])
    /// The same check for a key that stands under a prefix; messages name the key without it.
    case unprefixed(String, SettingValidator)

    package static func atLeast(_ minimum: Int64) -> SettingValidator { .range(.integer(minimum), nil) }

    package static func between(_ minimum: Int64, _ maximum: Int64) -> SettingValidator {
        .range(.integer(minimum), .integer(maximum))
    }

    package static func fraction(_ minimum: Double, _ maximum: Double) -> SettingValidator {
        .range(.double(minimum), .double(maximum))
    }

    /// The problem of `value`, nil where there is none.
    package func problem(key: String, value: SettingValue?) -> SettingMessage? {
        switch self {
        case .range(let minimum, let maximum): Self.range(key, value, minimum, maximum)
        case .oneOf(let valid): Self.oneOf(key, value, valid)
        case .oneOfIgnoringCase(let valid): Self.oneOfIgnoringCase(key, value, valid)
        case .nonEmptyString:
            if case .string("")? = value { .invalid("", key, "String must be non-empty") } else { nil }
        case .name: Self.name(key, value)
        case .nonNull: value == nil ? .invalid("null", key, "entry must be non null") : nil
        case .nonEmptyList:
            switch value {
            case nil, .list([])?: .invalid(value.shown, key, "Empty list")
            default: nil
            }
        case .list(let emptyAllowed, let nullAllowed, let valid):
            Self.list(key, value, emptyAllowed: emptyAllowed, nullAllowed: nullAllowed, valid: valid)
        case .uniqueElements(let message):
            if case .list(let elements)? = value, Set(elements).count < elements.count {
                .invalid(value.shown, key, message)
            } else {
                nil
            }
        case .regularExpression: Self.regularExpression(key, value)
        case .check(_, let check): check(key, value)
        case .nullOr(let validator): value == nil ? nil : validator.problem(key: key, value: value)
        case .all(let validators): validators.lazy.compactMap { $0.problem(key: key, value: value) }.first
        case .unprefixed(let prefix, let validator):
            validator.problem(key: key.hasPrefix(prefix) ? String(key.dropFirst(prefix.count)) : key, value: value)
        }
    }

    // MARK: Checks

    private static func range(
        _ key: String, _ value: SettingValue?, _ minimum: Bound?, _ maximum: Bound?
    ) -> SettingMessage? {
        guard let value else { return .invalid("null", key, "Value must be non-null") }
        if let minimum, isLess(value, than: minimum) {
            return .invalid(value.shown, key, "Value must be at least \(minimum.text)")
        }
        if let maximum, isGreater(value, than: maximum) {
            return .invalid(value.shown, key, "Value must be no more than \(maximum.text)")
        }
        return nil
    }

    private static func isLess(_ value: SettingValue, than bound: Bound) -> Bool {
        if case .integer(let value) = value, case .integer(let bound) = bound { return value < bound }
        return value.number < bound.number
    }

    private static func isGreater(_ value: SettingValue, than bound: Bound) -> Bool {
        if case .integer(let value) = value, case .integer(let bound) = bound { return value > bound }
        return value.number > bound.number
    }

    private static func oneOf(_ key: String, _ value: SettingValue?, _ valid: [String]) -> SettingMessage? {
        if let value, valid.contains(value.text) { return nil }
        return .invalid(value.shown, key, "String must be one of: " + valid.joined(separator: ", "))
    }

    private static func oneOfIgnoringCase(_ key: String, _ value: SettingValue?, _ valid: [String]) -> SettingMessage? {
        if let value, valid.contains(value.text.uppercased()) { return nil }
        return .invalid(
            value.shown, key, "String must be one of (case insensitive): " + valid.joined(separator: ", "))
    }

    private static func name(_ key: String, _ value: SettingValue?) -> SettingMessage? {
        guard case .string(let text)? = value else { return nil }
        if text.isEmpty { return .invalid("", key, "String may not be empty") }
        let controls = text.unicodeScalars.map(\.value).filter { $0 < 0x20 || (0x7F...0x9F).contains($0) }
        guard !controls.isEmpty else { return nil }
        return .invalid(
            text, key,
            "String may not contain control sequences but had the following ASCII chars: "
                + controls.map(String.init).joined(separator: ", "))
    }

    private static func list(
        _ key: String, _ value: SettingValue?, emptyAllowed: Bool, nullAllowed: Bool, valid: [String]
    ) -> SettingMessage? {
        guard case .list(let elements)? = value else {
            return nullAllowed ? nil : SettingMessage("Configuration '\(key)' values must not be null.")
        }
        if elements.isEmpty, !emptyAllowed {
            let choice = valid.isEmpty ? "any non-empty value" : "[" + valid.joined(separator: ", ") + "]"
            return SettingMessage("Configuration '\(key)' must not be empty. Valid values include: \(choice)")
        }
        if Set(elements).count < elements.count {
            return SettingMessage("Configuration '\(key)' values must not be duplicated.")
        }
        for element in elements {
            if element.isEmpty { return SettingMessage("Configuration '\(key)' values must not be empty.") }
            if !valid.isEmpty, let problem = oneOf(key, .string(element), valid) { return problem }
        }
        return nil
    }

    private static func regularExpression(_ key: String, _ value: SettingValue?) -> SettingMessage? {
        guard let value else { return nil }
        do throws(PatternError) {
            _ = try Pattern(value.text)
            return nil
        } catch {
            return .invalid(value.text, key, "Invalid regex: \(error)")
        }
    }
}

extension SettingValidator.Bound {
    var text: String {
        switch self {
        case .integer(let value): String(value)
        case .double(let value): JavaNumber.spelling(of: value)
        }
    }

    var number: Double {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        }
    }
}

extension SettingValue {
    /// The number for a comparison; NaN for what is none, which no bound refuses.
    fileprivate var number: Double {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        case .boolean, .string, .list, .class, .password: .nan
        }
    }
}
