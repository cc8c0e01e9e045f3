import ConnectConfig
import ConnectModel
import EventLoop
import Herder
import Logging
import Synchronization

/// The connectors of `connectors.d`, kept as the files say: at the start and at each reload. One look at a time.
final class FolderConnectors: Sendable {
    /// What came of a look.
    struct Outcome {
        var added: [String] = []
        var changed: [String] = []
        var removed: [String] = []
        var failures = 0
    }

    /// Who runs the connectors: the herder.
    struct Host: Sendable {
        /// The configuration of a connector now; nil for one that is not there.
        let config: @Sendable (String) -> ConfigMap?
        let apply: @Sendable (StartupConnector, @escaping @Sendable (ConnectError?) -> Void) -> Void
        let delete: @Sendable (String, @escaping @Sendable (ConnectError?) -> Void) -> Void
    }

    private static let log = Logger("connect.reload")

    private let folder: String
    private let book = Mutex<ConnectorFolderPlan.Book>([:])

    /// - Parameter folder: its path; it need not be there.
    init(folder: String) { self.folder = folder }

    // MARK: - The start

    /// The connectors to start with. Blocks.
    func startup() -> [StartupConnector] {
        let files: [String]
        switch ConnectorFolder.list(folder) {
        case .files(let found): files = found
        case .missing: files = []
        case .unreadable(let reason):
            Self.log.error("The folder \(folder) cannot be read, no connector of it was started: \(reason)")
            files = []
        }
        let plan = ConnectorFolderPlan(Self.load(files), book: [:]) { _ in nil }
        tell(plan)
        book.withLock { $0 = plan.book }
        return plan.changes.map { StartupFiles.connector($0.file, failsAlone: true) }
    }

    /// Those that did not come up are tried again at the next look.
    func started(_ problems: [StartupProblem]) {
        for problem in problems { retryLater(problem.connector.origin) }
    }

    // MARK: - A reload

    /// Has the host make the connectors what the files say. Blocks while files are read; the rest comes later.
    ///
    /// - Parameter done: called once, on any thread.
    func reload(_ host: Host, _ progress: ReloadProgress, _ done: @escaping @Sendable (Outcome) -> Void) {
        let files: [String]
        let before = book.withLock { $0 }
        switch ConnectorFolder.list(folder) {
        case .files(let found): files = found
        case .missing where before.isEmpty: files = []
        case .missing:
            // A folder that is moved away for a moment must not cost every connector.
            return fail("is not there any more; an empty folder takes them away", done)
        case .unreadable(let reason): return fail("cannot be read (\(reason))", done)
        }
        let plan = ConnectorFolderPlan(Self.load(files), book: before, inForce: host.config)
        tell(plan)
        book.withLock { $0 = plan.book }
        remove(plan.removals, host, progress) { [self] removed in
            keep(before.filter { plan.removals.contains($0.value.connector) && !removed.contains($0.value.connector) })
            apply(plan.changes, host, progress) { [self] failed in
                var outcome = Outcome()
                outcome.failures = plan.complaints.count + failed.count + plan.removals.count - removed.count
                outcome.removed = removed
                for file in failed { retryLater(file) }
                for change in plan.changes where !failed.contains(change.file.file) {
                    if change.isNew {
                        outcome.added.append(change.connector)
                    } else {
                        outcome.changed.append(change.connector)
                    }
                }
                done(outcome)
            }
        }
    }

    /// What could not be removed is tried again at the next look.
    private func keep(_ entries: ConnectorFolderPlan.Book) {
        book.withLock { $0.merge(entries) { now, _ in now } }
    }

    private func fail(_ reason: String, _ done: @escaping @Sendable (Outcome) -> Void) {
        Self.log.error("The folder \(folder) \(reason); its connectors stay as they are")
        done(Outcome(failures: 1))
    }

    /// First of all, so that a connector of another name can take over what one has held.
    private func remove(
        _ names: [String], _ host: Host, _ progress: ReloadProgress, _ done: @escaping @Sendable ([String]) -> Void
    ) {
        let gathering = Gathering<String>(names.count) { done($0.sorted()) }
        for name in names {
            progress.begin(name)
            host.delete(name) { error in
                progress.end(name)
                guard let error else {
                    Self.log.info("The connector was removed with its file", [.connector(name)])
                    return gathering.add(name)
                }
                if error.code == .connectorUnknown { return gathering.add(name) }
                Self.log.error(
                    "The connector, whose file is gone, was not removed: \(error.message)",
                    [.connector(name), .errorCode(error.code.rawValue)])
                gathering.add(nil)
            }
        }
    }

    /// - Parameter done: gets the paths of the files whose connector is not what they say.
    private func apply(
        _ changes: [ConnectorFolderPlan.Change], _ host: Host, _ progress: ReloadProgress,
        _ done: @escaping @Sendable (Set<String>) -> Void
    ) {
        let gathering = Gathering<String>(changes.count) { done(Set($0)) }
        for change in changes {
            progress.begin(change.connector)
            host.apply(StartupFiles.connector(change.file, failsAlone: true)) { error in
                progress.end(change.connector)
                let file = change.file.file
                // One that somebody else has made meanwhile is theirs.
                guard self.isInFile(change.connector) || error?.code == .connectorExists else {
                    return self.takeBack(change, host) { gathering.add(file) }
                }
                guard let error else {
                    Self.log.info(
                        "The connector was \(change.isNew ? "added" : "changed") by its file",
                        [.connector(change.connector), LogField("file", file)])
                    return gathering.add(nil)
                }
                Self.log.error(
                    "The connector is not what its file says: \(error.trace)",
                    [.connector(change.connector), LogField("file", file), .errorCode(error.code.rawValue)])
                gathering.add(file)
            }
        }
    }

    /// Whether a file stands for the connector by now.
    private func isInFile(_ connector: String) -> Bool {
        book.withLock { $0.values.contains { $0.connector == connector } }
    }

    /// A look later than the one that asked for the connector found its file gone, while the connector was still on its way.
    private func takeBack(
        _ change: ConnectorFolderPlan.Change, _ host: Host, _ done: @escaping @Sendable () -> Void
    ) {
        host.delete(change.connector) { _ in
            Self.log.warning(
                "The connector came up, or failed, after its file had gone: it was removed",
                [.connector(change.connector), LogField("file", change.file.file)])
            done()
        }
    }

    private func retryLater(_ file: String) { book.withLock { $0[file]?.mustRetry = true } }

    private func tell(_ plan: ConnectorFolderPlan) {
        for complaint in plan.complaints {
            Self.log.error(
                complaint.text,
                (complaint.connector.map { [.connector($0)] } ?? []) + [LogField("file", complaint.file)])
        }
    }

    private static func load(_ files: [String]) -> [ConnectorFile] {
        files.map { path in
            let file = StartupFiles.load(path)
            for problem in file.problems where problem.severity == .warning {
                log.warning(problem.description, [LogField("file", path)])
            }
            return file
        }
    }
}

extension FolderConnectors.Host {
    init(_ herder: Herder) {
        self.init(
            config: { herder.snapshot.connector($0)?.info.config },
            apply: { herder.apply($0, $1) },
            delete: { name, done in
                herder.submit(.deleteConnector(name: name)) { result in
                    if case .failure(let error) = result { done(error) } else { done(nil) }
                }
            })
    }
}

/// Waits for a number of answers.
final class Gathering<Value: Sendable>: Sendable {
    private let state: Mutex<(missing: Int, values: [Value])>
    private let done: @Sendable ([Value]) -> Void

    /// - Parameter done: called with the values once all answers are there; at once where none is awaited.
    init(_ count: Int, _ done: @escaping @Sendable ([Value]) -> Void) {
        state = Mutex((count, []))
        self.done = done
        if count == 0 { done([]) }
    }

    /// An answer, with or without a value. Any thread.
    func add(_ value: Value?) {
        let values: [Value]? = state.withLock { state in
            state.missing -= 1
            if let value { state.values.append(value) }
            return state.missing == 0 ? state.values : nil
        }
        if let values { done(values) }
    }
}
