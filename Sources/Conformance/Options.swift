import CommandLine
import ConnectConfig
import ConnectModel
import Glibc

/// What was asked for on the command line, checked.
struct Options: Sendable {
    /// Absolute, or with a slash in it.
    let library: String
    /// Nil: the library alone is checked.
    let className: String?
    /// Nil: none was given.
    let config: ConfigMap?
    let seconds: Double
    let callLimit: Double
    /// Names of the checks to run; empty for all.
    let only: [String]
    let isJSON: Bool
    /// This process is the one of that check.
    let childCheck: String?

    init(_ command: ParsedCommand) throws(UsageError) {
        let given = command.value(of: "library") ?? ""
        library = given.contains("/") ? given : "./\(given)"
        guard access(library, R_OK) == 0 else {
            throw Self.misused("\(given) cannot be read: \(SystemText.error(errno)).")
        }
        if let path = command.option("config") {
            let file = ConnectorFile.load(path)
            // A name is nothing that a connector needs.
            let errors = file.problems.filter { $0.severity == .error && $0.key != "name" }
            guard errors.isEmpty else { throw Self.misused(errors.map(\.description).joined(separator: "\n")) }
            config = file.config
        } else {
            config = nil
        }
        className = command.option("class") ?? config?["connector.class"]
        if command.has("config"), className == nil {
            throw Self.misused("The configuration has no connector.class: name one with --class.")
        }
        seconds = try Self.number(command, "seconds", 2)
        callLimit = try Self.number(command, "limit", 5)
        only = (command.option("only") ?? "").split { $0 == "," || $0 == " " }.map(String.init)
        if let unknown = only.first(where: { name in !Check.all.contains { $0.name == name } }) {
            throw Self.misused(
                "There is no check '\(unknown)'. There are: \(Check.all.map(\.name).joined(separator: ", ")).")
        }
        if className == nil, let name = only.first(where: { Self.check($0)?.scope != .library }) {
            throw Self.misused("The check '\(name)' runs instances of a class: name one with --class or --config.")
        }
        isJSON = command.has("json")
        childCheck = command.option("run-check")
    }

    private static func check(_ name: String) -> Check? { Check.all.first { $0.name == name } }

    private static func number(_ command: ParsedCommand, _ name: String, _ standard: Double) throws(UsageError)
        -> Double
    {
        guard let text = command.option(name) else { return standard }
        guard let number = Double(text), number > 0, number <= 3600 else {
            throw misused("--\(name) is a number of seconds, at most 3600, not '\(text)'.")
        }
        return number
    }

    /// A command line that cannot be used, for that reason.
    static func misused(_ reason: String) -> UsageError {
        let name = Program.conformance.name
        return UsageError(reason: reason, usage: Program.conformance.usage(path: [name]), helpCommand: "\(name) --help")
    }
}

/// What the system's numbers mean.
enum SystemText {
    static func error(_ code: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        _ = strerror_r(code, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func signal(_ number: Int32) -> String {
        let known = [
            SIGSEGV: "SIGSEGV: memory that it may not touch", SIGBUS: "SIGBUS: memory that it may not touch",
            SIGABRT: "SIGABRT: abort or a failed assertion", SIGILL: "SIGILL: a trap, in Swift a failed precondition",
            SIGTRAP: "SIGTRAP: a trap, in Swift a failed precondition", SIGFPE: "SIGFPE: a division by 0",
            SIGPIPE: "SIGPIPE: writing to what nobody reads", SIGKILL: "SIGKILL", SIGTERM: "SIGTERM",
        ]
        return "signal \(number)" + (known[number].map { " (\($0))" } ?? "")
    }
}
