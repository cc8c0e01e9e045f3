import ConnectModel

/// Deals everything out anew in each round, for the protocol `default`: members hold nothing when they join.
///
/// Source: `org.apache.kafka.connect.runtime.distributed.EagerAssignor`.
package enum EagerAssignor {
    /// All connectors in turn, then, going on with the next member, all tasks. Connectors come first because a connector
    /// weighs less than a task: dealt out together, connectors of one task each would give one half of an even cluster all
    /// the tasks.
    package static func assign(_ members: [GroupMember], work: AssignableWork) -> ClusterAssignment {
        let members = members.sorted { $0.id.precedesExactly($1.id) }
        var dealt = [WorkSet](repeating: WorkSet(), count: members.count)
        if !members.isEmpty {
            var next = 0
            for connector in work.connectors {
                dealt[next].insert(connector: connector.name)
                next = (next + 1) % members.count
            }
            for connector in work.connectors {
                for number in 0..<connector.taskCount {
                    dealt[next].insert(TaskID(connector: connector.name, number: number))
                    next = (next + 1) % members.count
                }
            }
        }
        let both = zip(members, dealt)
        return ClusterAssignment(
            shares: both.map { .init(memberID: $0.id, assigned: $1, revoked: WorkSet()) }, delay: 0,
            owners: WorkOwners(members: both.map { .init(memberID: $0.id, url: $0.metadata.url, work: $1) }))
    }
}
