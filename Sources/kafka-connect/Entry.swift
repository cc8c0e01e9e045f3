import CommandLine
import ConnectConfig
import Glibc
import Logging

/// Reads the command line and does what it asks for.
enum Entry {
    /// - Returns: the process's exit code.
    static func run(_ arguments: [String]) -> Int32 {
        // A peer or a reader that goes away is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let invocation: Invocation
        do throws(UsageError) {
            invocation = try Invocation(arguments)
        } catch {
            Terminal.error(error.message)
            return ExitStatus.usage.code
        }
        switch invocation {
        case .help(let text):
            Terminal.print(text)
            return ExitStatus.success.code
        case .version:
            Terminal.print("kafka-connect \(Version.program) (Kafka Connect \(Version.api))")
            return ExitStatus.success.code
        case .reference:
            Terminal.print(ReferenceCommand.page())
            return ExitStatus.success.code
        case .validate(let files): return ValidateCommand.run(files)
        case .plugins(let worker, let pluginPath): return PluginsCommand.run(worker: worker, pluginPath: pluginPath)
        case .probe(let file): return PluginsCommand.probe(file)
        case .standalone(let worker, let connectors):
            return WorkerCommand.run(worker: worker, mode: .standalone, connectors: connectors)
        case .run(let worker): return WorkerCommand.run(worker: worker, mode: .automatic, connectors: nil)
        case .distributed(let worker): return WorkerCommand.run(worker: worker, mode: .distributed, connectors: [])
        }
    }
}

/// What this program calls itself.
enum Version {
    /// Of this program.
    static let program = "0.1.0"
    /// The level of Kafka Connect that REST and connectors see.
    static let api = "4.3.1"
    /// What `GET /` answers with: clients switch features on the level, the rest is build metadata.
    static let rest = "\(api)+native.\(program)"
}

/// Whole lines on standard output and standard error, without a buffer that a crash would lose.
enum Terminal {
    static func print(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// Where standard error is systemd's journal, each line gets the priority of an error; else the journal takes it for
    /// information.
    static func error(_ text: String) {
        guard JournalStream.isConnected(to: STDERR_FILENO) else { return write(text, to: STDERR_FILENO) }
        write(text.split(separator: "\n").map { "<3>\($0)" }.joined(separator: "\n"), to: STDERR_FILENO)
    }

    /// What the log has said already, for somebody at a terminal. Who reads the journal has read it.
    static func echo(_ text: String) {
        if !JournalStream.isConnected(to: STDERR_FILENO) { error(text) }
    }

    private static func write(_ text: String, to descriptor: Int32) {
        var line = text.hasSuffix("\n") ? text : text + "\n"
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddressOfSlice, rest.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                rest = rest.dropFirst(count)
            }
        }
    }
}

extension Slice<UnsafeRawBufferPointer> {
    fileprivate var baseAddressOfSlice: UnsafeRawPointer? { UnsafeRawBufferPointer(rebasing: self).baseAddress }
}
