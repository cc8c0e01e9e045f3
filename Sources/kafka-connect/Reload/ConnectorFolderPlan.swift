import ConnectConfig
import ConnectModel

/// What a look at `connectors.d` asks for: the files are the truth about the connectors that they name, and know nothing of
/// those that were made over REST. Decides; others carry it out.
///
/// - A file that is broken harms its own connector alone, which keeps the configuration that it has. While it cannot be told
///   which one that is, no connector is removed for a file that is gone: it may be the same under another name.
/// - Of two files with the same connector the one that had it before counts, else the first good one by name, else the first.
///   A broken one under which the connector never came up has not had it.
struct ConnectorFolderPlan {
    /// The connector that a file stands for.
    struct Entry: Equatable {
        var connector: String
        /// The file was refused, or the connector did not come up: the next look tries it again, changed or not.
        var mustRetry = false
    }

    /// Files by path, from one look to the next.
    typealias Book = [String: Entry]

    /// A connector that is to be made what its file says.
    struct Change {
        let file: ConnectorFile
        let connector: String
        /// There is none of that name yet.
        let isNew: Bool
    }

    /// In the order of the files.
    private(set) var changes: [Change] = []
    /// Connectors whose file is gone, in the order of their names.
    private(set) var removals: [String] = []
    /// How many connectors are what their files say.
    private(set) var unchanged = 0
    /// What is wrong with the files, each with what becomes of the connector.
    private(set) var complaints: [Complaint] = []
    /// As it is once all was carried out.
    private(set) var book: Book = [:]

    /// A file that does not count.
    struct Complaint: Equatable {
        let file: String
        /// Where it is known.
        let connector: String?
        let text: String
    }

    /// - Parameters:
    ///   - files: all files, sorted by path.
    ///   - book: of the look before.
    ///   - inForce: the configuration of a connector now; nil for one that is not there.
    init(_ files: [ConnectorFile], book before: Book, inForce: (String) -> ConfigMap?) {
        let owners = Self.owners(files, before)
        let listed = Set(files.map(\.file))
        let gone = before.filter { !listed.contains($0.key) }
        var isUnclear = false
        for file in files {
            guard let name = Self.connector(of: file, before) else {
                complain(file, nil, Self.problems(of: file))
                isUnclear = true
                continue
            }
            if let owner = owners[name], owner != file.file {
                let clash = "the connector \(name) stands in \(owner) too, which counts"
                complain(
                    file, name,
                    file.hasErrors ? "\(Self.problems(of: file)); \(clash)" : "\(file.file): error: \(clash)")
                continue
            }
            // Under another name it is still the file of its connector.
            take(file, name, before[file.file] ?? gone.values.first { $0.connector == name }, inForce(name))
        }
        var named = Set(book.values.map(\.connector))
        if isUnclear {
            book.merge(gone.filter { !named.contains($0.value.connector) }) { now, _ in now }
            named = Set(book.values.map(\.connector))
        }
        removals = Set(before.values.map(\.connector)).subtracting(named).filter { inForce($0) != nil }.sorted()
    }

    private mutating func take(_ file: ConnectorFile, _ name: String, _ entry: Entry?, _ present: ConfigMap?) {
        guard !file.hasErrors else { return takeBroken(file, name, entry, present) }
        book[file.file] = Entry(connector: name)
        if let present, present == file.config, entry?.mustRetry != true {
            unchanged += 1
        } else {
            changes.append(Change(file: file, connector: name, isNew: present == nil))
        }
    }

    private mutating func takeBroken(_ file: ConnectorFile, _ name: String, _ entry: Entry?, _ present: ConfigMap?) {
        let text = Self.problems(of: file)
        if file.name == name, present == nil || entry?.mustRetry == true {
            // It shows as FAILED, with the reason.
            book[file.file] = Entry(connector: name, mustRetry: true)
            return changes.append(Change(file: file, connector: name, isNew: present == nil))
        }
        if let entry { book[file.file] = entry }
        if present == nil {
            complain(file, name, text)
        } else if entry == nil {
            complain(file, name, "\(text); the connector \(name), which was made over REST, is left as it is")
        } else {
            complain(file, name, "\(text); the connector \(name) keeps the configuration that it has")
        }
    }

    private mutating func complain(_ file: ConnectorFile, _ connector: String?, _ text: String) {
        complaints.append(Complaint(file: file.file, connector: connector, text: text))
    }

    /// A broken file stands for the connector that it had before, whatever it seems to say now.
    private static func connector(of file: ConnectorFile, _ before: Book) -> String? {
        let own = file.name.flatMap { $0.isEmpty ? nil : $0 }
        return file.hasErrors ? before[file.file]?.connector ?? own : own
    }

    private static func owners(_ files: [ConnectorFile], _ before: Book) -> [String: String] {
        var owners: [String: String] = [:]
        var ranks: [String: Int] = [:]
        for file in files {
            guard let name = connector(of: file, before) else { continue }
            let rank = rank(file, of: name, before)
            if let best = ranks[name], best >= rank { continue }
            owners[name] = file.file
            ranks[name] = rank
        }
        return owners
    }

    private static func rank(_ file: ConnectorFile, of name: String, _ before: Book) -> Int {
        if let entry = before[file.file], entry.connector == name, !(file.hasErrors && entry.mustRetry) { return 2 }
        return file.hasErrors ? 0 : 1
    }

    private static func problems(of file: ConnectorFile) -> String {
        let errors = file.problems.filter { $0.severity == .error }.map(\.description)
        return errors.isEmpty ? "\(file.file): error: no connector is named" : errors.joined(separator: "; ")
    }
}
