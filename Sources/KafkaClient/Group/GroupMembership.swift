internal import EventLoop

/// Membership in a group of any protocol type under Kafka's classic protocol, for an owner that reads and writes metadata and
/// assignments itself (Java: `AbstractCoordinator`, for Connect `WorkerGroupMember`). Without static membership.
///
/// Lives on the loop of its ``KafkaCluster``; every method may be called on any thread and never blocks. Heartbeats never
/// wait for the owner. Requests go out in the order of the calls, events come in order.
package final class GroupMembership: Sendable {
    /// What happens.
    package enum Event: Sendable, Equatable {
        /// A round begins: ``GroupMembership/prepared(_:)`` is to be called. May come again before it was.
        case preparing
        /// This member leads: ``GroupMembership/assign(_:)`` is to be called, with every member.
        case elected(GroupElection)
        /// A round ended well.
        case assigned(GroupAnswer)
        /// Generation and, perhaps, member id are no longer valid; another round follows.
        case membershipLost
        /// For a heartbeat interval nobody answered for the group. The session surely stands until then (monotonic
        /// nanoseconds); 0 where there is none.
        case coordinatorLost(sessionEnds: UInt64)
        /// The coordinator answered again.
        case coordinatorFound
        /// The group cannot be joined, for good; ``GroupMembership/leave(reason:done:)`` makes another attempt possible.
        case failed(ClientError)
    }

    private let loop: EventLoop
    private let driver: Confined<GroupMembershipDriver>

    /// Makes a member that does nothing before ``join(_:)``. On the loop of the cluster.
    ///
    /// - Parameter gate: is told until when the session surely stands; closed while there is none.
    package init(cluster: KafkaCluster, settings: GroupMembershipSettings, gate: SessionGate? = nil) {
        loop = cluster.loop
        driver = Confined(
            GroupMembershipDriver(cluster: cluster, settings: settings, gate: gate), to: cluster.loop)
        // Whoever waits for the gate need not wait for the next heartbeat.
        gate?.onWait { [weak self] in self?.heartbeatNow() }
    }

    /// Joins; during a leave, as soon as that is done.
    ///
    /// - Parameter observer: called on the loop; must not block. Replaces an earlier one.
    package func join(_ observer: @escaping @Sendable (Event) -> Void) {
        onLoop { $0.join(observer) }
    }

    /// Answers ``Event/preparing``: what had to be let go of is let go of. The preferred protocol comes first.
    package func prepared(_ protocols: [GroupProtocol]) {
        onLoop { $0.tell { machine, now in machine.prepared(protocols: protocols, now: now) } }
    }

    /// Answers ``Event/elected(_:)``.
    package func assign(_ assignments: [GroupAssignment]) {
        onLoop { $0.tell { machine, now in machine.assignmentComputed(assignments, now: now) } }
    }

    /// What that round gave was carried out: nothing else runs here any more. After a lost membership no session stands before
    /// this was called.
    package func carriedOut(generation: Int32, memberID: String) {
        onLoop { $0.carriedOut(generation: generation, memberID: memberID) }
    }

    /// The owner decides by that round from here on: what it gives to be written in the session (``TopicLog``) is of the present
    /// one.
    package func settled(generation: Int32) { onLoop { $0.settled(generation: generation) } }

    /// Asks for another round; during one, for a further one after it.
    package func rejoin(reason: String) {
        onLoop { $0.tell { machine, now in machine.requestRejoin(reason: reason, now: now) } }
    }

    /// Sends a heartbeat at once, unless one is under way or was sent within the last 50 ms.
    package func heartbeatNow() {
        onLoop { $0.heartbeatNow() }
    }

    /// Leaves.
    ///
    /// - Parameter done: called on the loop once that was answered, or after `request.timeout.ms`.
    package func leave(reason: String, done: @escaping @Sendable () -> Void) {
        onLoop { $0.leave(reason: reason, done) }
    }

    private func onLoop(_ job: @escaping @Sendable (GroupMembershipDriver) -> Void) {
        loop.execute { [driver] in job(driver.value) }
    }
}
