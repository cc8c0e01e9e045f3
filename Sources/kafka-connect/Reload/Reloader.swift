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
/// Reads on a lane of its own. One reload at a time, which ``Reloads`` sees to; only what connectors still do for one that took too
/// long may go on beside the next.
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

    /// - Parameters:
    ///   - progress: where it is.
    ///   - done: called once with what changed, on any thread. What went wrong stands in the log by then.
    func run(_ progress: ReloadProgress, _ done: @escaping @Sendable (ReloadReport) -> Void) {
        let isTaken = parts.lane.submit { [self] in
            let began = EventLoop.now()
            read(progress) { report in
                Self.tell(report, milliseconds: (EventLoop.now() &- began) / 1_000_000)
                done(report)
            }
        }
        // The pool has stopped: so has the worker.
        if !isTaken { done(ReloadReport(refusal: "the worker is shutting down")) }
    }

    private func read(_ progress: ReloadProgress, _ done: @escaping @Sendable (ReloadReport) -> Void) {
        let loaded = WorkerFile.load(parts.file, mode: parts.mode)
        Self.log.tell(loaded.problems)
        guard let config = loaded.config else {
            return done(ReloadReport(refusal: StatusText.firstError(of: loaded.problems)))
        }
        var report = take(config)
        progress.read("the plugin folders")
        let before = PluginChanges.Found(parts.plugins)
        parts.plugins.rescan()
        parts.herder.pluginsChanged()
        report.plugins = PluginChanges(before: before, now: PluginChanges.Found(parts.plugins))
        for library in report.plugins.broken { Self.log.warning("A plugin cannot be used: \(library)") }
        guard let folder = parts.folder else { return refresh(report, besides: [], progress, done) }
        let taken = report
        progress.read("connectors.d")
        folder.reload(FolderConnectors.Host(parts.herder), progress) { [self] outcome in
            var report = taken
            report.added = outcome.added.sorted()
            report.changed = outcome.changed.sorted()
            report.removed = outcome.removed
            report.failures += outcome.failures
            let fresh = Set(outcome.added + outcome.changed)
            let next = report
            // This may be the herder's loop, which must not read files.
            if !parts.lane.submit({ self.refresh(next, besides: fresh, progress, done) }) { done(next) }
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
        _ report: ReloadReport, besides fresh: Set<String>, _ progress: ReloadProgress,
        _ done: @escaping @Sendable (ReloadReport) -> Void
    ) {
        progress.read("what references stand for")
        let all = parts.herder.snapshot.connectors
        // Nothing is known here of what those of other workers refer to.
        let own = all.map { connector in
            References.Running(
                info: connector.info, parts: LocalRestart.parts(connector.status, worker: parts.workerID))
        }.filter { !$0.parts.isEmpty }
        let configured = Dictionary(
            // Names that Unicode takes for the same may be two connectors; here they count as one.
            all.map { ($0.info.name, $0.info.tasks.count) }, uniquingKeysWith: max)
        let (names, failures) = parts.references.changed(in: own, configured: configured)
        for failure in failures {
            Self.log.error(
                "What the connector refers to cannot be read, it keeps what it has: \(failure.error.message)",
                [.connector(failure.name), .errorCode(failure.error.code.rawValue)])
        }
        let due = own.filter { names.contains($0.info.name) && !fresh.contains($0.info.name) }
        restart(due, progress) { [self] failed in
            var report = report
            report.restarted = due.map(\.info.name).filter { !failed.contains($0) }
            report.failures += failures.count + failed.count
            let begunAnew = Set(report.added + report.restarted)
            report.outdated = own.filter { connector in
                !begunAnew.contains(connector.info.name)
                    && report.plugins.otherClasses.contains(className(of: connector.info))
            }.map(\.info.name)
            done(report)
        }
    }

    /// - Parameter done: gets the names of those that did not come up, or not in whole.
    private func restart(
        _ connectors: [References.Running], _ progress: ReloadProgress,
        _ done: @escaping @Sendable (Set<String>) -> Void
    ) {
        let parts = connectors.flatMap(\.parts)
        let gathering = Gathering<String>(parts.count) { done(Set($0)) }
        for part in parts {
            progress.begin(part.connector)
            self.parts.herder.submit(LocalRestart.command(part)) { [self] answer in
                progress.end(part.connector)
                guard case .failure(let error) = answer else { return gathering.add(nil) }
                self.parts.references.notTaken(by: part)
                Self.log.error(
                    "The connector was not restarted for what it refers to, and will be at the next reload: "
                        + error.trace,
                    [.connector(part.connector), .errorCode(error.code.rawValue)])
                gathering.add(part.connector)
            }
        }
    }

    /// The class by its full name, of which configurations know others.
    private func className(of connector: ConnectorInfo) -> String {
        let written = connector.config["connector.class"] ?? ""
        return (try? parts.plugins.resolve(written))?.className ?? written
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
        for library in report.plugins.overwritten {
            log.warning(
                "The library was written over in place, and what of it is in use is neither the old one nor the new one: "
                    + "restart the worker: \(library)")
        }
        if !report.outdated.isEmpty {
            log.warning(
                "Their library was replaced; each of these connectors keeps the one that it was started with until a restart "
                    + "of it with its tasks: \(report.outdated.joined(separator: ", "))")
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
