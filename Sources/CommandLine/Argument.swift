/// A positional argument of a ``Command``.
package struct Argument: Sendable, Equatable {
    /// How many values the argument takes.
    package enum Count: Sendable, Equatable {
        /// Exactly one.
        case one
        /// None or one.
        case optional
        /// One or more; all that is left on the command line.
        case oneOrMore
        /// Any number; all that is left on the command line.
        case any
    }

    /// What a value means. Completions offer fitting words.
    package enum Kind: Sendable, Equatable {
        case file, directory, text
    }

    /// Lower-case word under which the parsed values are found and which help shows in angle brackets.
    package var name: String
    /// One sentence for help.
    package var help: String
    package var count: Count
    package var kind: Kind

    package init(_ name: String, help: String, count: Count = .one, kind: Kind = .file) {
        self.name = name
        self.help = help
        self.count = count
        self.kind = kind
    }

    /// The argument as a usage line shows it.
    package var usage: String {
        switch count {
        case .one: "<\(name)>"
        case .optional: "[<\(name)>]"
        case .oneOrMore: "<\(name)> ..."
        case .any: "[<\(name)> ...]"
        }
    }

    /// Whether the argument takes all remaining values.
    var repeats: Bool { count == .oneOrMore || count == .any }
    /// Whether at least one value must be given.
    var isRequired: Bool { count == .one || count == .oneOrMore }
}
