package import ConnectModel

/// The status of connectors and tasks, by the rules of the status store (reference internal-topics.md §5.2–5.3).
///
/// Source: `org.apache.kafka.connect.storage.KafkaStatusBackingStore`, `MemoryStatusBackingStore`.
package struct StatusTable: Sendable {
    private struct Entry {
        var connector: InstanceStatus?
        var tasks = SortedTable<Int32, InstanceStatus>()
        var topics = SortedTable<String, Int32>()
    }

    private let workerID: String
    /// Not below that of any status.
    private var highestGeneration: Int32 = -1
    private var entries = SortedTable<String, Entry>()

    /// An empty table.
    ///
    /// - Parameter workerID: `host:port` of this worker, for the rule of careful writes.
    package init(workerID: String) {
        self.workerID = workerID
    }

    /// Where a connector is; nil where nothing is known of it.
    package func connector(_ name: String) -> InstanceStatus? { entries[name]?.connector }

    /// Where a task is; nil where nothing is known of it.
    package func task(_ task: TaskID) -> InstanceStatus? { entries[task.connector]?.tasks[task.number] }

    /// Connector and tasks together; nil before the connector's first status.
    package func status(_ name: String, kind: ConnectorKind) -> ConnectorStatus? {
        guard let entry = entries[name], let connector = entry.connector else { return nil }
        let tasks = entry.tasks.entries.map { ConnectorStatus.Task(number: $0.key, status: $0.value) }
        return ConnectorStatus(name: name, connector: connector, tasks: tasks, kind: kind)
    }

    /// Topics that the connector's tasks have used since they were last reset, sorted.
    package func topics(_ name: String) -> [String] { entries[name]?.topics.keys ?? [] }

    /// Forgets a task.
    package mutating func removeTask(_ task: TaskID) {
        guard entries[task.connector] != nil else { return }
        entries[task.connector, default: Entry()].tasks[task.number] = nil
    }

    /// Forgets a connector, its tasks and its topics.
    package mutating func removeConnector(_ name: String) { entries[name] = nil }

    /// Forgets the topics that a connector has used.
    package mutating func resetTopics(_ name: String) {
        guard entries[name] != nil else { return }
        entries[name, default: Entry()].topics.removeAll()
    }

    /// Whether a careful write would be one: nothing is known yet, or it was this worker's, or of no later generation.
    package func allows(_ record: StatusRecord) -> Bool {
        switch record {
        case .connector(let name, let status?): connector(name).map { isSafe(status, over: $0) } ?? true
        case .task(let task, let status?): self.task(task).map { isSafe(status, over: $0) } ?? true
        case .connector(_, nil), .task(_, nil), .topic: true
        }
    }

    /// Takes in a record.
    ///
    /// An UNASSIGNED that comes after a RUNNING of the same or a later generation is stale and left out, unless it is the
    /// RUNNING of the same worker.
    package mutating func read(_ record: StatusRecord) {
        if let status = record.status { highestGeneration = max(highestGeneration, status.generation) }
        switch record {
        case .connector(let name, let status?): entries[name, default: Entry()].connector = status
        case .connector(let name, nil):
            // The tasks go with it; the topics have records of their own.
            guard entries[name] != nil else { return }
            entries[name, default: Entry()].connector = nil
            entries[name, default: Entry()].tasks.removeAll()
            if entries[name]?.topics.isEmpty == true { entries[name] = nil }
        case .task(let task, let status?):
            guard !isStale(status, of: task) else { return }
            entries[task.connector, default: Entry()].tasks[task.number] = status
        case .task(let task, nil): removeTask(task)
        case .topic(let topic, let connector, let use?):
            entries[connector, default: Entry()].topics[topic] = use.task
        case .topic(let topic, let connector, nil):
            guard entries[connector] != nil else { return }
            entries[connector, default: Entry()].topics[topic] = nil
        }
    }

    /// The group has come to a generation: statuses of later ones are of an earlier life of the group, which began anew when it
    /// had been empty for a while. They yield to any.
    package mutating func reached(_ generation: Int32) {
        guard highestGeneration > generation else { return }
        highestGeneration = generation
        for name in entries.keys {
            var entry = entries[name, default: Entry()]
            if let status = entry.connector, status.generation > generation { entry.connector = status.aged }
            for (number, status) in entry.tasks.entries where status.generation > generation {
                entry.tasks[number] = status.aged
            }
            entries[name] = entry
        }
    }

    /// Connectors of which anything is known, by name.
    package var connectorNames: [String] { entries.keys }

    /// Tasks of which a status is known, by number.
    package func taskNumbers(_ connector: String) -> [Int32] { entries[connector]?.tasks.keys ?? [] }

    /// Whether it is known that the connector uses the topic.
    package func uses(_ topic: String, connector: String) -> Bool { entries[connector]?.topics[topic] != nil }

    private func isStale(_ status: InstanceStatus, of task: TaskID) -> Bool {
        guard status.state == .unassigned, let cached = self.task(task) else { return false }
        return cached.state == .running && cached.generation >= status.generation
            && cached.workerID != status.workerID
    }

    private func isSafe(_ status: InstanceStatus, over cached: InstanceStatus) -> Bool {
        cached.workerID == workerID || cached.generation <= status.generation
    }
}

extension InstanceStatus {
    /// The same, older than any of the group's present life.
    fileprivate var aged: InstanceStatus {
        var status = self
        status.generation = -1
        return status
    }
}
