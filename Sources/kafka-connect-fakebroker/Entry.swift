import CommandLine
import EventLoop
import FakeBroker
import Glibc
import Logging

/// Reads the command line and runs a broker until a signal comes.
enum Entry {
    private static let signals = [SIGTERM, SIGINT]

    /// - Returns: the process's exit code.
    static func run(_ arguments: [String]) -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        SignalWaiter.block(signals)
        let options: Options
        do throws(UsageError) {
            switch try CommandParser(Program.fakeBroker).parse(Array(arguments.dropFirst())) {
            case .help(let text):
                write(text, to: STDOUT_FILENO)
                return ExitStatus.success.code
            case .version: return ExitStatus.success.code
            case .run(let command): options = try Options(command)
            }
        } catch {
            write(error.message, to: STDERR_FILENO)
            return ExitStatus.usage.code
        }
        return serve(options)
    }

    private static func serve(_ options: Options) -> Int32 {
        do throws(SystemError) {
            let loop = try EventLoop(name: "fakebroker")
            let run = BrokerRun(options, loop: loop)
            loop.execute { run.start(until: signals) }
            let failure = run.waitForEnd()
            loop.stop()
            LogSystem.writeRepeats(atEnd: true)
            guard let failure else { return ExitStatus.success.code }
            write("Error: \(options.address) cannot be listened on: \(failure)\n", to: STDERR_FILENO)
            return ExitStatus.failure.code
        } catch {
            write("Error: \(error)\n", to: STDERR_FILENO)
            return ExitStatus.failure.code
        }
    }

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
