import CommandLine
import Glibc

/// `kafka-connect-conformance`: checks a library of connectors against `kafka_connect.h`.
package enum ConformanceProgram {
    /// - Parameter arguments: the process's, its name first.
    /// - Returns: the process's exit code.
    package static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        let words = Array(arguments.dropFirst())
        let options: Options
        do throws(UsageError) {
            switch try CommandParser(Program.conformance).parse(words) {
            case .help(let text):
                Output.write(text, to: STDOUT_FILENO)
                return 0
            case .version: return 0
            case .run(let command): options = try Options(command)
            }
        } catch {
            Output.write(error.message, to: STDERR_FILENO)
            return 2
        }
        if let name = options.childCheck {
            // The child reads the same command line, so that nothing has to be handed over.
            return CheckProcess.run(name, options)
        }
        return Suite(options, words: words).run()
    }
}

/// Whole texts to a descriptor, without a buffer that a crash would lose.
enum Output {
    static func write(_ text: String, to descriptor: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
