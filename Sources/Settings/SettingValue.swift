/// A value after parsing. Null is the absence of one.
package enum SettingValue: Sendable, Equatable {
    case boolean(Bool)
    /// INT, SHORT and LONG alike; the parser has checked the range.
    case integer(Int64)
    case double(Double)
    case string(String)
    case list([String])
    /// A class name, resolved from an alias where there was one.
    case `class`(String)
    case password(Secret)

    /// The text as `PUT …/config/validate` shows it: lists joined by commas, passwords hidden.
    package var text: String {
        switch self {
        case .boolean(let value): String(value)
        case .integer(let value): String(value)
        case .double(let value): JavaNumber.spelling(of: value)
        case .string(let value), .class(let value): value
        case .list(let values): values.joined(separator: ",")
        case .password: Secret.mask
        }
    }

    /// The text as it stands in Java's error messages: lists in brackets, classes with their kind.
    var shown: String {
        switch self {
        case .list(let values): "[" + values.joined(separator: ", ") + "]"
        case .class(let name): "class " + name
        default: text
        }
    }
}

extension SettingValue? {
    /// `shown`, or `null`.
    var shown: String { self?.shown ?? "null" }
}
