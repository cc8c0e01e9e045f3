package import KafkaProtocol

/// A protocol that a member offers, with what the leader is to know about the member.
package struct GroupProtocol: Sendable, Equatable {
    package var name: String
    package var metadata: [UInt8]

    package init(name: String, metadata: [UInt8]) {
        self.name = name
        self.metadata = metadata
    }
}

/// A member as the leader sees it.
package struct GroupMember: Sendable, Equatable {
    package var id: String
    package var instanceID: String?
    package var metadata: [UInt8]

    package init(id: String, instanceID: String?, metadata: [UInt8]) {
        self.id = id
        self.instanceID = instanceID
        self.metadata = metadata
    }
}

/// What the leader gives one member.
package struct GroupAssignment: Sendable, Equatable {
    package var memberID: String
    package var bytes: [UInt8]

    package init(memberID: String, bytes: [UInt8]) {
        self.memberID = memberID
        self.bytes = bytes
    }
}

/// What a commit of a member is signed with.
package struct GroupIdentity: Sendable, Equatable {
    package var generation: Int32
    package var memberID: String
    package var instanceID: String?

    package init(generation: Int32, memberID: String, instanceID: String?) {
        self.generation = generation
        self.memberID = memberID
        self.instanceID = instanceID
    }
}

/// What the leader assigns from.
package struct GroupElection: Sendable, Equatable {
    package var generation: Int32
    package var memberID: String
    package var protocolName: String
    package var members: [GroupMember]

    package init(generation: Int32, memberID: String, protocolName: String, members: [GroupMember]) {
        self.generation = generation
        self.memberID = memberID
        self.protocolName = protocolName
        self.members = members
    }
}

/// How a round ended for this member.
package struct GroupAnswer: Sendable, Equatable {
    package var generation: Int32
    package var memberID: String
    package var leaderID: String
    package var protocolName: String
    package var assignment: [UInt8]

    package init(
        generation: Int32, memberID: String, leaderID: String, protocolName: String, assignment: [UInt8]
    ) {
        self.generation = generation
        self.memberID = memberID
        self.leaderID = leaderID
        self.protocolName = protocolName
        self.assignment = assignment
    }
}

/// JoinGroup, as the machine asks for it. Times are nanoseconds.
package struct GroupJoin: Sendable, Equatable {
    package var groupID: String
    package var protocolType: String
    package var memberID: String
    package var instanceID: String?
    package var sessionTimeout: UInt64
    package var rebalanceTimeout: UInt64
    package var protocols: [GroupProtocol]
    package var reason: String
}

/// What came back for a ``GroupJoin``.
package struct GroupJoinAnswer: Sendable, Equatable {
    package var error: ErrorCode
    package var generation: Int32
    package var memberID: String
    package var leaderID: String
    package var protocolType: String?
    package var protocolName: String?
    package var skipAssignment: Bool
    package var members: [GroupMember]

    package init(
        error: ErrorCode, generation: Int32 = -1, memberID: String = "", leaderID: String = "",
        protocolType: String? = nil, protocolName: String? = nil, skipAssignment: Bool = false,
        members: [GroupMember] = []
    ) {
        self.error = error
        self.generation = generation
        self.memberID = memberID
        self.leaderID = leaderID
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.skipAssignment = skipAssignment
        self.members = members
    }
}

/// SyncGroup, as the machine asks for it.
package struct GroupSync: Sendable, Equatable {
    package var groupID: String
    package var protocolType: String
    package var protocolName: String
    package var generation: Int32
    package var memberID: String
    package var instanceID: String?
    package var assignments: [GroupAssignment]
}

/// What came back for a ``GroupSync``.
package struct GroupSyncAnswer: Sendable, Equatable {
    package var error: ErrorCode
    package var protocolType: String?
    package var protocolName: String?
    package var assignment: [UInt8]

    package init(
        error: ErrorCode, protocolType: String? = nil, protocolName: String? = nil, assignment: [UInt8] = []
    ) {
        self.error = error
        self.protocolType = protocolType
        self.protocolName = protocolName
        self.assignment = assignment
    }
}

/// Heartbeat, as the machine asks for it.
package struct GroupHeartbeat: Sendable, Equatable {
    package var groupID: String
    package var generation: Int32
    package var memberID: String
    package var instanceID: String?
}

/// LeaveGroup, as the machine asks for it.
package struct GroupLeave: Sendable, Equatable {
    package var groupID: String
    package var memberID: String
    package var instanceID: String?
    package var reason: String
}

/// A request to the group's coordinator; its answer comes back with the token.
package struct GroupRequest: Sendable, Equatable {
    /// Which request.
    package enum Body: Sendable, Equatable {
        case join(GroupJoin)
        case sync(GroupSync)
        case heartbeat(GroupHeartbeat)
        case leave(GroupLeave)
    }

    package var token: UInt64
    /// How long to wait for the answer, in nanoseconds.
    package var timeout: UInt64
    package var body: Body
}

extension GroupMachine {
    /// What the owner has to do.
    package enum Action: Sendable, Equatable {
        /// Send to the coordinator.
        case send(GroupRequest)
        /// The cached coordinator is not to be trusted: look it up for the next request.
        case forgetCoordinator
        /// A round begins: let go of what this mode demands, then call `prepared`.
        case prepareJoin
        /// This member leads: assign to every member, then call `assignmentComputed`.
        case computeAssignment(GroupElection)
        /// This member leads and the assignment that the group has stays in force: these are the members it is of, whose topics
        /// are this member's to watch.
        case assignmentKept([GroupMember])
        /// A round ended well.
        case assigned(GroupAnswer)
        /// The membership under which the present assignment was held is gone: nothing of it may be committed any more,
        /// and another member may hold it already.
        case membershipLost
        /// The application did not poll for the rebalance timeout; the group was left until it does.
        case pollIntervalExceeded
        /// LeaveGroup is done with.
        case left
        /// A final error.
        case failed(ErrorCode, String)
    }
}
