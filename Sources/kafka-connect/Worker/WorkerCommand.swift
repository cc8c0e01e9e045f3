import CLinux
import CommandLine
import ConnectConfig
import EventLoop
import Glibc
import Logging
import Systemd

/// `kafka-connect standalone`, `run` and `distributed`: a worker from its file to its end.
enum WorkerCommand {
    private static let log = Logger("connect.worker")

    /// Runs the worker until it is told to stop.
    ///
    /// - Parameter connectors: connector files of the command line; nil for those of the folder `connectors.d`.
    /// - Returns: the exit code.
    static func run(worker file: String, mode: WorkerConfig.Mode, connectors: [String]?) -> Int32 {
        // Before any thread starts, so that every thread leaves these signals to the one who waits for them.
        SignalWaiter.block([SIGTERM, SIGINT, SIGHUP])
        JournalSink.install()
        guardExit()
        let sockets = PassedSocket.take()
        raiseDescriptorLimit()
        let loaded = WorkerFile.load(file, mode: mode)
        log.tell(loaded.problems)
        guard let config = loaded.config else {
            // The listing goes before what refers to it.
            LogSystem.flush(milliseconds: LogEnd.milliseconds)
            Terminal.error("kafka-connect: \(file) was refused; the problems are listed above")
            ServiceManager.notify(.status(StatusText.refused(loaded.problems)))
            return ExitStatus.failure.code
        }
        LogLevels(config).configure()
        do throws(WorkerError) {
            let worker = try Worker(
                file: file, mode: mode, config: config, connectors: source(of: connectors, file, config),
                passed: sockets)
            // Libraries that the parts use clean up at the end of the process.
            _ = kcl_guard_exit_again()
            return worker.run()
        } catch {
            log.fatal(error.message)
            LogSystem.flush(milliseconds: LogEnd.milliseconds)
            Terminal.echo("kafka-connect: \(error.message)")
            ServiceManager.notify(.status("Could not start: \(error.message)"))
            return ExitStatus.failure.code
        }
    }

    /// A connector's library may call `exit(0)`, which would look to systemd like a stop that was asked for: all connectors
    /// would stay down.
    private static func guardExit() {
        let code = ExitStatus.endedByLibrary.code
        let failed =
            if JournalStream.isConnected(to: STDERR_FILENO) {
                kcl_guard_exit(code, "<2>kafka-connect: a library ended the process by exit()\n")
            } else {
                kcl_guard_exit(code, "kafka-connect: a library ended the process by exit()\n")
            }
        if failed != 0 { log.warning("An exit() of a connector's library would not be noticed") }
    }

    /// A task holds about three descriptors, and the usual soft limit of 1024, which is low for the sake of `select`, is used
    /// up by some hundred tasks.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max
        else {
            return
        }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            log.warning("The limit of open files stays as it is: \(String(cString: strerror(errno)))")
        }
    }

    private static func source(of files: [String]?, _ worker: String, _ config: WorkerConfig) -> Worker.Connectors {
        let folder = ConnectorFolder.path(beside: worker)
        guard !config.isDistributed else {
            if files == nil, case .files(let found) = ConnectorFolder.list(folder), !found.isEmpty {
                log.warning("The files in \(folder) are not read: a cluster has its connectors in its config topic")
            }
            return .none
        }
        return files.map { .files($0) } ?? .folder(FolderConnectors(folder: folder))
    }
}

/// The end of the log.
enum LogEnd {
    /// How long the end of the process waits for a journal that does not read.
    static let milliseconds: Int32 = 2000
}

/// Why a worker could not be started.
struct WorkerError: Error {
    let message: String
}
