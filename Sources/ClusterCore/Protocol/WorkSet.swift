package import ConnectModel

/// Connectors and tasks that a member holds, gets or gives up: each once, grouped by connector, in the order in which they came.
///
/// The order is kept because members tell it to their leader, which revokes from the front. Every operation takes time in
/// proportion to the sets that it reads: a cluster may have thousands of connectors and tens of thousands of tasks.
///
/// Source: `WorkerCoordinator.ConnectorsAndTasks`.
package struct WorkSet: Sendable {
    /// What there is of one connector: itself, some of its tasks, or both.
    package struct Entry: Sendable, Equatable {
        package let connector: String
        /// Whether the connector instance itself is meant.
        package fileprivate(set) var hasConnector: Bool
        package fileprivate(set) var tasks: TaskNumbers

        fileprivate var isEmpty: Bool { !hasConnector && tasks.isEmpty }

        package static func == (left: Entry, right: Entry) -> Bool {
            left.connector.isExactly(right.connector) && left.hasConnector == right.hasConnector
                && left.tasks == right.tasks
        }
    }

    /// One for each connector of which there is anything.
    package private(set) var entries: [Entry] = []
    /// Where a connector's entry is; looked up only, never walked.
    private var positions: [ExactText: Int] = [:]

    /// An empty set.
    package init() {}

    /// A set of connectors and of tasks. Those named twice count once.
    package init(connectors: [String] = [], tasks: [TaskID]) {
        for connector in connectors { insert(connector: connector) }
        for task in tasks { insert(task) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    /// Names of the connectors that are in the set themselves.
    package var connectorNames: [String] { entries.lazy.filter(\.hasConnector).map(\.connector) }

    /// The tasks, those of one connector together.
    package var tasks: [TaskID] {
        entries.flatMap { entry in entry.tasks.inOrder.map { TaskID(connector: entry.connector, number: $0) } }
    }

    package var connectorCount: Int { entries.count(where: \.hasConnector) }
    package var taskCount: Int { entries.reduce(0) { $0 + $1.tasks.count } }

    /// Whether the connector itself is in the set.
    package func contains(connector: String) -> Bool {
        positions[ExactText(connector)].map { entries[$0].hasConnector } ?? false
    }

    /// Whether a task is in the set.
    package func contains(_ task: TaskID) -> Bool {
        positions[ExactText(task.connector)].map { entries[$0].tasks.contains(task.number) } ?? false
    }

    /// Whether any task of a connector is in the set.
    package func hasTasks(of connector: String) -> Bool {
        positions[ExactText(connector)].map { !entries[$0].tasks.isEmpty } ?? false
    }

    /// Numbers of a connector's tasks that are in the set, in order.
    package func taskNumbers(of connector: String) -> [Int32] {
        positions[ExactText(connector)].map { entries[$0].tasks.inOrder } ?? []
    }

    /// Adds a connector itself.
    ///
    /// - Returns: whether it was not there.
    @discardableResult
    package mutating func insert(connector: String) -> Bool {
        let position = position(of: connector)
        defer { entries[position].hasConnector = true }
        return !entries[position].hasConnector
    }

    /// Adds a task.
    ///
    /// - Returns: whether it was not there.
    @discardableResult
    package mutating func insert(_ task: TaskID) -> Bool {
        entries[position(of: task.connector)].tasks.append(task.number)
    }

    /// Adds what is in another set, behind what is in this one.
    package mutating func formUnion(_ other: WorkSet) {
        for entry in other.entries {
            let position = position(of: entry.connector)
            if entry.hasConnector { entries[position].hasConnector = true }
            if entries[position].tasks.isEmpty {
                entries[position].tasks = entry.tasks
            } else {
                for number in entry.tasks.inOrder { entries[position].tasks.append(number) }
            }
        }
    }

    /// What is in either set: this one first.
    package func union(_ other: WorkSet) -> WorkSet {
        var result = self
        result.formUnion(other)
        return result
    }

    /// What is in this set and not in the other.
    package func subtracting(_ other: WorkSet) -> WorkSet {
        other.isEmpty ? self : selecting(against: other, whatIsThere: false)
    }

    /// What is in both sets, in the order of this one.
    package func intersection(_ other: WorkSet) -> WorkSet {
        other.isEmpty ? WorkSet() : selecting(against: other, whatIsThere: true)
    }

    /// Whether nothing is in both sets.
    package func isDisjoint(with other: WorkSet) -> Bool { intersection(other).isEmpty }

    /// The same by connector name, then task number.
    package func sorted() -> WorkSet {
        var result = WorkSet()
        for entry in entries.sorted(by: { $0.connector.precedesExactly($1.connector) }) {
            result.append(
                Entry(connector: entry.connector, hasConnector: entry.hasConnector, tasks: entry.tasks.sorted()))
        }
        return result
    }

    private func selecting(against other: WorkSet, whatIsThere: Bool) -> WorkSet {
        var result = WorkSet()
        for entry in entries {
            let theirs = other.positions[ExactText(entry.connector)].map { other.entries[$0] }
            guard let theirs else {
                if !whatIsThere { result.append(entry) }
                continue
            }
            result.append(
                Entry(
                    connector: entry.connector, hasConnector: entry.hasConnector && theirs.hasConnector == whatIsThere,
                    tasks: theirs.tasks.isEmpty && !whatIsThere
                        ? entry.tasks : entry.tasks.filter { theirs.tasks.contains($0) == whatIsThere }))
        }
        return result
    }

    /// Adds an entry of a connector that has none; nothing where it is empty.
    private mutating func append(_ entry: Entry) {
        guard !entry.isEmpty else { return }
        positions[ExactText(entry.connector)] = entries.count
        entries.append(entry)
    }

    /// Where a connector's entry is; an empty one is made, which the caller fills.
    private mutating func position(of connector: String) -> Int {
        if let position = positions[ExactText(connector)] { return position }
        positions[ExactText(connector)] = entries.count
        entries.append(Entry(connector: connector, hasConnector: false, tasks: TaskNumbers()))
        return entries.count - 1
    }
}

extension WorkSet: Equatable {
    /// The same work in the same order.
    package static func == (left: WorkSet, right: WorkSet) -> Bool { left.entries == right.entries }
}
