import ConnectModel

/// One thing that is checked, in a process of its own.
struct Check: Sendable {
    /// What has to be asked for, that a check runs.
    enum Scope: Sendable {
        /// Nothing but the library.
        case library
        /// A class, of whichever kind.
        case connector
        case source, sink
    }

    /// What the child of a check works with.
    struct Subject {
        let session: Session
        let options: Options
    }

    /// Lower case, with a dot; what `--only` takes.
    let name: String
    /// What is checked, in words that follow "ok".
    let title: String
    let scope: Scope
    /// Names of checks without which this one makes no sense.
    let needs: [String]
    let body: @Sendable (Subject) throws(CheckEnd) -> Void

    init(
        _ name: String, _ title: String, _ scope: Scope = .library, needs: [String] = ["load"],
        _ body: @escaping @Sendable (Subject) throws(CheckEnd) -> Void
    ) {
        self.name = name
        self.title = title
        self.scope = scope
        self.needs = needs
        self.body = body
    }

    /// All checks, in the order in which they run.
    static let all: [Check] =
        FileChecks.all + LoadChecks.all + DescriptionChecks.all + KeyChecks.all + ConnectorChecks.all
        + CreatedChecks.all + ConfigurationChecks.all + SourceChecks.all + SinkChecks.all + HostChecks.all
}

/// Ends a check before its last line.
enum CheckEnd: Error {
    /// It does not apply, for this reason.
    case skip(String)
    /// What is wrong has been told, and the rest makes no sense.
    case stop
    /// The command line asks for something that is not there.
    case misused(String)
}

/// What came of a check.
struct Verdict: Sendable, Equatable {
    enum Result: String, Sendable {
        case ok = "ok"
        case fail = "FAIL"
        case skip = "skip"
    }

    var result: Result
    /// What is wrong, or why it was skipped, or what is worth knowing; sentences without a full stop.
    var remarks: [String]
}
