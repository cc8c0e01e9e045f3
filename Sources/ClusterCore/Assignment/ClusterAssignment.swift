package import ConnectModel

/// What an assignor decided in one round.
package struct ClusterAssignment: Sendable, Equatable {
    /// What changes for one member.
    package struct Share: Sendable, Equatable {
        package let memberID: String
        /// What it gets: with an eager protocol everything, otherwise in addition to what it holds.
        package let assigned: WorkSet
        /// What it has to give up; nothing with an eager protocol.
        package let revoked: WorkSet

        /// A change.
        package init(memberID: String, assigned: WorkSet, revoked: WorkSet) {
            self.memberID = memberID
            self.assigned = assigned
            self.revoked = revoked
        }
    }

    /// One for every member, by member id.
    package let shares: [Share]
    /// Milliseconds after which everybody has to join again; 0 for never.
    package let delay: Int32
    /// Who has what once the round is carried out.
    package let owners: WorkOwners
}

/// Who has which connector or task, for requests that have to go there.
///
/// Source: `WorkerCoordinator.LeaderState`.
package struct WorkOwners: Sendable, Equatable {
    /// A member and what it has.
    package struct Owner: Sendable, Equatable {
        package let memberID: String
        /// Where its REST API is.
        package let url: String
        package let work: WorkSet
    }

    /// One for every member, by member id.
    package let members: [Owner]

    /// The member that runs a connector itself; nil for nobody.
    package func owner(ofConnector name: String) -> Owner? { members.first { $0.work.contains(connector: name) } }

    /// The member that runs a task; nil for nobody.
    package func owner(of task: TaskID) -> Owner? { members.first { $0.work.contains(task) } }
}
