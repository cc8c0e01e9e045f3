import ConnectModel

/// A member while a round is computed: what it will have, in the order in which it got it, and what it has to give up.
///
/// Source: `WorkerCoordinator.WorkerLoad`.
struct MemberLoad {
    let id: String
    let url: String
    /// What the member said it holds.
    let held: WorkSet
    /// What it will have.
    private(set) var connectors: [String]
    private(set) var tasks: [TaskID]
    /// What it has to give up.
    private(set) var revoked: WorkSet

    /// A member that has to give up what it holds of `withdrawn`.
    init(_ member: GroupMember, withdrawing withdrawn: WorkSet) {
        id = member.id
        url = member.metadata.url
        held = member.metadata.held
        revoked = held.intersection(withdrawn)
        let kept = held.subtracting(revoked)
        connectors = kept.connectorNames
        tasks = kept.tasks
    }

    var isEmpty: Bool { connectors.isEmpty && tasks.isEmpty }

    /// What it will have.
    var work: WorkSet { WorkSet(connectors: connectors, tasks: tasks) }

    /// Gives it a connector.
    mutating func add(connector: String) { connectors.append(connector) }

    /// Gives it a task.
    mutating func add(_ task: TaskID) { tasks.append(task) }

    /// Takes its oldest connectors and tasks away.
    mutating func revoke(connectors connectorCount: Int, tasks taskCount: Int) {
        for connector in connectors.prefix(connectorCount) { revoked.insert(connector: connector) }
        for task in tasks.prefix(taskCount) { revoked.insert(task) }
        connectors.removeFirst(min(connectorCount, connectors.count))
        tasks.removeFirst(min(taskCount, tasks.count))
    }
}
