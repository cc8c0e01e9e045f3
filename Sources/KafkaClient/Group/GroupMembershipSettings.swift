/// What a ``GroupMembership`` is set to. Times are nanoseconds.
package struct GroupMembershipSettings: Sendable {
    /// `group.id`.
    package var groupID: String
    /// What kind of group it is, such as `connect`.
    package var protocolType: String
    /// The name in the header of each request; the broker makes the member id from it.
    package var clientID: String
    /// `session.timeout.ms`.
    package var sessionTimeout: UInt64
    /// `rebalance.timeout.ms`: how long the group waits for its members in a round.
    package var rebalanceTimeout: UInt64
    /// `heartbeat.interval.ms`: also how long a silence of the coordinator may last before it counts as lost.
    package var heartbeatInterval: UInt64
    /// `request.timeout.ms`.
    package var requestTimeout: UInt64
    /// `retry.backoff.ms` and `retry.backoff.max.ms`.
    package var retryBackoff: Backoff

    /// Settings; the times as Connect's defaults.
    package init(groupID: String, protocolType: String, clientID: String) {
        self.groupID = groupID
        self.protocolType = protocolType
        self.clientID = clientID
        sessionTimeout = 10_000_000_000
        rebalanceTimeout = 60_000_000_000
        heartbeatInterval = 3_000_000_000
        requestTimeout = 40_000_000_000
        retryBackoff = Backoff(initial: 100_000_000, maximum: 1_000_000_000)
    }

    var machine: GroupMachine.Settings {
        GroupMachine.Settings(
            groupID: groupID, protocolType: protocolType, sessionTimeout: sessionTimeout,
            rebalanceTimeout: rebalanceTimeout, heartbeatInterval: heartbeatInterval, requestTimeout: requestTimeout,
            retryBackoff: retryBackoff, beatsWhileJoining: true)
    }
}
