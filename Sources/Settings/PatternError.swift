/// Why a regular expression, a replacement or a match was given up.
package enum PatternError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The expression does not compile; `index` counts bytes of it.
    case syntax(String, index: Int, pattern: String)
    /// Java would understand it, this engine would take it for something else.
    case unsupported(String, index: Int, pattern: String)
    /// The match needed more steps or memory than a configuration may ask for.
    case tooExpensive(pattern: String)
    /// The replacement refers to what is not there.
    case replacement(String)
    /// The engine failed in a way that no input should cause.
    case engine(Int32)

    package var description: String {
        switch self {
        case .syntax(let message, let index, let pattern), .unsupported(let message, let index, let pattern):
            "\(message) near index \(index)\n\(pattern)"
        case .tooExpensive(let pattern): "matching takes too many steps: \(pattern)"
        case .replacement(let message): message
        case .engine(let code): "regular expression engine error \(code)"
        }
    }
}
