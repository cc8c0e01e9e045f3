/// The command that a command line selects, with its values.
package struct ParsedCommand: Sendable, Equatable {
    /// Names of the commands below the root that were selected, outermost first; empty for the root itself.
    package var path: [String]
    private var positional: [String: [String]]
    private var optional: [String: [String]]

    init(path: [String]) {
        self.path = path
        self.positional = [:]
        self.optional = [:]
    }

    /// All values of an argument.
    package func values(of argument: String) -> [String] { positional[argument] ?? [] }
    /// The first value of an argument, or nil where it was left out.
    package func value(of argument: String) -> String? { positional[argument]?.first }
    /// The last value of an option, or nil where it was not given. Given twice, the last one counts.
    package func option(_ name: String) -> String? { optional[name]?.last }
    /// Every value of an option that may be given more than once, in order.
    package func options(_ name: String) -> [String] { optional[name] ?? [] }
    /// Whether an option or flag was given.
    package func has(_ option: String) -> Bool { optional[option] != nil }

    mutating func add(_ value: String, to argument: Argument) {
        positional[argument.name, default: []].append(value)
    }

    mutating func add(_ value: String, to option: Option) {
        optional[option.name, default: []].append(value)
    }
}
