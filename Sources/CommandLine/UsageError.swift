/// A command line that cannot be understood: what is wrong, and the usage line of the command it was meant for.
package struct UsageError: Error, Sendable, Equatable {
    /// What is wrong, in one sentence, with the nearest known word where there is one.
    package var reason: String
    /// The usage line of the innermost command that was recognised.
    package var usage: String
    /// What to call for more.
    package var helpCommand: String

    package init(reason: String, usage: String, helpCommand: String) {
        self.reason = reason
        self.usage = usage
        self.helpCommand = helpCommand
    }

    /// The text for standard error, three lines in the shape of swift-argument-parser's, with a final newline.
    package var message: String {
        "Error: \(reason)\nUsage: \(usage)\n  See '\(helpCommand)' for more information.\n"
    }
}
