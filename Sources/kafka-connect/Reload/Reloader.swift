import ConnectConfig
import ConnectModel
import EventLoop
import Herder
import Logging
import PluginHost
import Settings
import Synchronization

/// Reads again what may change while the worker runs: the worker's file (log levels, config providers), plugin folders, what
/// references stand for, and `connectors.d`. A worker's file that is broken leaves everything as it was.
///
/// Reads on a lane of its own. One reload at a time, which ``Reloads`` sees to.
final class Reloader: Sendable {
    /// What a reload works with.
    struct Parts {
        /// The worker's file, and the mode in which it was read.
        let file: String
        let mode: WorkerConfig.Mode
        /// What was read from it at the start.
        let config: WorkerConfig
        let plugins: PluginHost
        let references: References
        let herder: Herder
        /// `host:port` of this worker.
        let workerID: String
        /// nil where connectors do not stand in files: in a cluster, and with files of the command line.
        let folder: FolderConnectors?
        let lane: Lane
    }

    private static let log = Logger("connect.reload")

    private let parts: Parts
    /// What was read from the worker's file last.
    private let current: Mutex<WorkerConfig>

    init(_ parts: Parts) {
        self.parts = parts
        current = Mutex(parts.config)
    }

    /// - Parameter done: called once with what changed, on any thread. What went wrong stands in the log by then.
    func run(_ done: @escaping @Sendable (ReloadReport) -> Void) {
        let isTaken = parts.lane.submit { [self] in
            let began = EventLoop.now()
            read { report in
                Self.tell(report, milliseconds: (EventLoop.now() &- began) / 1_000_000)
                done(report)
            }
        }
        // The pool has stopped: so has the worker.
        if !isTaken { done(ReloadReport(refusal: "the worker is shutting down")) }
    }

    private func read(_ done: @escaping @Sendable (ReloadReport) -> Void) {
        let loaded = WorkerFile.load(parts.file, mode: parts.mode)
        Self.log.tell(loaded.problems)
        guard let config = loaded.config else {
            return done(ReloadReport(refusal: StatusText.firstError(of: loaded.problems)))
        }
        var report = take(config)
        let before = PluginChanges.Found(parts.plugins)
        parts.plugins.rescan()
        parts.herder.pluginsChanged()
        report.plugins = PluginChanges(before: before, now: PluginChanges.Found(parts.plugins))
        for library in report.plugins.broken { Self.log.warning("A plugin cannot be used: \(library)") }
        guard let folder = parts.folder else { return refresh(report, besides: [], done) }
        let taken = report
        folder.reload(parts.herder) { [self] outcome in
            var report = taken
            report.added = outcome.added.sorted()
            report.changed = outcome.changed.sorted()
            report.removed = outcome.removed
            report.failures += outcome.failures
            let fresh = Set(outcome.added + outcome.changed)
            let next = report
            // This may be the herder's loop, which must not read files.
            if !parts.lane.submit({ self.refresh(next, besides: fresh, done) }) { done(next) }
        }
    }

    /// Takes over what the worker's file says.
    private func take(_ config: WorkerConfig) -> ReloadReport {
        let before = current.withLock { current in
            defer { current = config }
            return current
        }
        let changes = WorkerFileChanges(
            start: parts.config.settings.originals, before: before.settings.originals, now: config.settings.originals)
        var report = ReloadReport()
        report.loggers = LogLevels(config).reconfigure(before: LogLevels(before))
        report.providers = changes.providers
        report.waiting = changes.waiting
        parts.references.replace(config.transformer)
        return report
    }

    /// Starts connectors again whose references stand for something else by now, as far as they run here.
    ///
    /// - Parameter besides: those that were started a moment ago anyway.
    private func refresh(
        _ report: ReloadReport, besides fresh: Set<String>, _ done: @escaping @Sendable (ReloadReport) -> Void
    ) {
        var report = report
        // Nothing is known here of what those of other workers refer to.
        let own = parts.herder.snapshot.connectors.map { connector in
            (info: connector.info, commands: LocalRestart.commands(connector.status, worker: parts.workerID))
        }.filter { !$0.commands.isEmpty }
        let (names, failures) = parts.references.changed(in: own.map(\.info))
        for failure in failures {
            report.failures += 1
            Self.log.error(
                "What the connector refers to cannot be read, it keeps what it has: \(failure.error.message)",
                [.connector(failure.name), .errorCode(failure.error.code.rawValue)])
        }
        let restarts = own.filter { names.contains($0.info.name) && !fresh.contains($0.info.name) }
        report.restarted = restarts.map(\.info.name)
        let result = report
        let gathering = Gathering<Never>(restarts.reduce(0) { $0 + $1.commands.count }) { _ in done(result) }
        for (info, commands) in restarts {
            for command in commands {
                parts.herder.submit(command) { answer in
                    if case .failure(let error) = answer {
                        Self.log.error(
                            "The connector was not restarted for what it refers to: \(error.message)",
                            [.connector(info.name), .errorCode(error.code.rawValue)])
                    }
                    gathering.add(nil)
                }
            }
        }
    }

    private static func tell(_ report: ReloadReport, milliseconds: UInt64) {
        guard report.refusal == nil else {
            return log.error("The reload was refused, since the worker's file has errors: everything stays as it was")
        }
        log.info("Reloaded in \(milliseconds) ms: \(report.details)")
        if !report.waiting.isEmpty {
            log.warning(
                "Changed in the worker's file, and in force only after a restart: \(report.waiting.joined(separator: ", "))"
            )
        }
    }
}

extension Logger {
    /// Writes what is wrong with a file.
    func tell(_ problems: [Problem]) {
        for problem in problems {
            switch problem.severity {
            case .error: error(problem.description)
            case .warning: warning(problem.description)
            }
        }
    }
}
