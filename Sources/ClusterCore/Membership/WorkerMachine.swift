package import ConnectModel

/// The part of a worker in its group: when it joins, what it runs, what it gives up, and when it asks for another round.
///
/// Pure: events in, actions out. The driver executes the actions at once and in order, and calls ``advance(to:configOffset:)``
/// when ``nextDeadline`` has come. Times are monotonic nanoseconds. What the config log says is the driver's; only how far it
/// was read is told here, with each event.
///
/// A round is: ``preparing(configOffset:)`` → ``Action/awaitQuiet`` → ``quiet(configOffset:)`` → ``Action/offer(_:)`` → perhaps
/// ``elected(_:work:wallMilliseconds:)`` → ``assigned(_:configOffset:now:)`` → ``Action/run(_:offset:)``. Nothing
/// is offered to the group before what this worker gave up has stopped, so that the next owner never meets it.
///
/// Source: `WorkerCoordinator`, `DistributedHerder.handleRebalanceCompleted` (reference distributed-protocol.md §2.6–2.7, §7).
package struct WorkerMachine: Sendable {
    /// What of the worker's configuration concerns its membership.
    package struct Settings: Sendable {
        /// Where other workers reach this one; ends with a slash, as Java writes it.
        package var url: String
        package var mode: ConnectProtocolMode
        /// `scheduled.rebalance.max.delay.ms`.
        package var maximumDelay: Int32
        /// `worker.sync.timeout.ms`, in nanoseconds.
        package var syncTimeout: UInt64
        /// `worker.unsync.backoff.ms`, in nanoseconds: what a worker waits after it could not read the config log, in groups
        /// of the eager protocol.
        package var unsyncBackoff: UInt64
        /// `session.timeout.ms`, in nanoseconds: a worker that is no member for longer says so.
        package var sessionTimeout: UInt64

        /// Settings of a membership.
        package init(
            url: String, mode: ConnectProtocolMode, maximumDelay: Int32, syncTimeout: UInt64 = 3_000_000_000,
            unsyncBackoff: UInt64 = 300_000_000_000, sessionTimeout: UInt64 = 10_000_000_000
        ) {
            self.url = url
            self.mode = mode
            self.maximumDelay = maximumDelay
            self.syncTimeout = syncTimeout
            self.unsyncBackoff = unsyncBackoff
            self.sessionTimeout = sessionTimeout
        }
    }

    /// What the driver does next.
    package enum Action: Equatable, Sendable {
        /// This, and nothing else, runs here from now on. What is not running yet and was put into the config log at or
        /// behind the offset is left for the next assignment.
        case run(WorkSet, offset: Int64)
        /// Call ``quiet(configOffset:)`` once nothing is on its way to an end any more.
        case awaitQuiet
        case offer([GroupOffer])
        case assign([MemberAssignment])
        /// Read the config log to its end, then call ``readToEnd(attempt:error:configOffset:now:)``.
        case readToEnd(attempt: UInt64)
        /// Tell the group that nothing runs here any more but what the round of that generation gave.
        case carriedOut(generation: Int32, memberID: String)
        case rejoin(reason: String)
        case leave(reason: String)
        case join
        /// Ask the coordinator at once whether the group rebalances.
        case heartbeat
        /// This worker leads the new generation: statuses of what is not configured any more are its to remove.
        case lead
        /// What was waited for is there, or is waited for no longer: requests that waited for a settled group may go on.
        case settled
        /// Something to tell the operator.
        case warn(String)
    }

    /// Where the worker stands.
    enum Phase: Equatable, Sendable {
        /// Not a member. Entered at the beginning; left by the first round.
        case outside
        /// A round has begun, and what was given up stops. Left by ``quiet(configOffset:)``.
        case preparing
        /// The group is at work on a round. Left by an assignment.
        case joining
        /// The assignment was made from more of the config log than was read here, or from less than another member has.
        /// Left when the log was read, or by leaving the group when that takes too long.
        case reading(attempt: UInt64, until: UInt64)
        /// The assignment is carried out. Left by the next round.
        case settled
        /// The log could not be read in time and the group was left. Left when the time has come.
        case backingOff(until: UInt64)
        /// As above, and the log is read before the group is joined again.
        case catchingUp(attempt: UInt64, until: UInt64)
    }

    /// As many failed attempts to read the config log keep the work running.
    static let patientAttempts = 5
    private static let pauseAfterNonsense: UInt64 = 1_000_000_000
    /// Between rounds that a follower asks for while its leader is behind, from the second on.
    private static let afterMismatch = Backoff(first: 100_000_000, longest: 1_000_000_000)
    /// What a change in the config log waits for others, at first and at most: many that come together are worth one round.
    private static let changePause: (next: UInt64, longest: UInt64) = (10_000_000, 100_000_000)
    /// For how long, and how often, the coordinator is asked after another worker gave something up.
    static let attention: (time: UInt64, interval: UInt64) = (1_000_000_000, 100_000_000)

    let settings: Settings
    var phase = Phase.outside
    /// What the last round gave, merged with what was held before; nil where nothing may run.
    var held: WorkerAssignment?
    private(set) package var generation: Int32 = -1
    /// Empty while the coordinator does not know this worker.
    var memberID = ""
    /// 0, 1 or 2: what the group elected, or what is configured before the first round.
    private(set) package var protocolVersion: Int16
    var hasRevoked = false
    /// What the group was told to run here was given up meanwhile.
    var hasDropped = false
    /// The membership was lost, or given up, since the last round that assigned something: what runs here may run elsewhere
    /// too.
    package internal(set) var isInDoubt = false
    /// From when on a membership that was lost, and did not come back, is told; nil while there is one, and once it was told.
    var absentAt: UInt64?
    /// No membership has stood for longer than a session.
    var isAbsent = false
    var rejoinAt: UInt64?
    /// What is waited next where the leader is behind; nil where a round may be asked for at once.
    private var mismatchPause: Backoff?
    /// Why and when a round is asked for since the config log has changed; never after the latest time.
    var change: (reason: String, at: UInt64, latest: UInt64)?
    var attention: (next: UInt64, until: UInt64)?
    var isCoordinatorLost = false
    var failedReads = 0
    var lastAttempt: UInt64 = 0
    var assignor: CooperativeAssignor
    /// Who runs what, known to the leader between two rounds.
    var owners: WorkOwners?

    /// What all members together held when they offered themselves to the last round that this worker led.
    var offered: (generation: Int32, work: WorkSet)?

    /// A worker that is no member yet.
    package init(settings: Settings) {
        self.settings = settings
        protocolVersion = settings.mode.version
        assignor = CooperativeAssignor(maximumDelay: settings.maximumDelay)
    }

    /// What the group is told once what the last assignment took away has stopped; nil for who is no member.
    var carriedOut: Action? {
        memberID.isEmpty ? nil : .carriedOut(generation: generation, memberID: memberID)
    }

    /// Whether no task of the connector ran anywhere when the present generation began, as its leader knows: members offer
    /// themselves once what they gave up has stopped.
    func hasNoTasks(of connector: String) -> Bool {
        guard isLeader, let offered, offered.generation == generation else { return false }
        return !offered.work.hasTasks(of: connector)
    }

    /// What runs here.
    package var work: WorkSet { held?.assigned ?? WorkSet() }

    /// Whether no round is under way: leadership and assignment are those of the present generation.
    package var isSettled: Bool { phase == .settled }

    /// Whether this worker leads the group. Known between two rounds only.
    package var isLeader: Bool { isSettled && !memberID.isEmpty && held?.leaderID == memberID }

    /// What keeps this worker from its group, as an operator would put it; nil where nothing does. It runs little or nothing then.
    package var absence: String? {
        if isCoordinatorLost { return "waiting for the group's coordinator" }
        if isAway { return "keeping away from the group until the config topic can be read" }
        return isAbsent ? "waiting for a membership in the group" : nil
    }

    /// Where the leader's REST API is; as of the last round while one is under way.
    package var leaderURL: String? {
        guard let url = held?.leaderURL, !url.isEmpty else { return nil }
        return url
    }

    /// Workers that may answer what they were asked, by the last round: the leader, and on the leader every member.
    package var answering: [String] {
        guard isLeader, let owners else { return leaderURL.map { [$0] } ?? [] }
        return owners.members.map(\.url)
    }

    /// Where the connector runs, by what this worker knows as the leader.
    package func owner(ofConnector name: String) -> String? { isLeader ? owners?.owner(ofConnector: name)?.url : nil }

    /// Where the task runs, by what this worker knows as the leader.
    package func owner(of task: TaskID) -> String? { isLeader ? owners?.owner(of: task)?.url : nil }

    /// When ``advance(to:configOffset:)`` is due; nil when only an event can change something.
    package var nextDeadline: UInt64? {
        var deadlines = [rejoinAt, change?.at, attention?.next, absentAt].compactMap(\.self)
        switch phase {
        case .reading(_, let until), .catchingUp(_, let until), .backingOff(let until): deadlines.append(until)
        case .outside, .preparing, .joining, .settled: break
        }
        return deadlines.min()
    }
}

// MARK: - Rounds

extension WorkerMachine {
    /// A round begins. May be told again before the last one came to an end.
    package mutating func preparing(configOffset: Int64) -> [Action] {
        // It was on its way when the group was left: a round of that membership would end the wait and never come to be.
        guard !isAway else { return [] }
        phase = .preparing
        owners = nil
        rejoinAt = nil
        change = nil
        // Eager members give everything up in each round.
        let drops = protocolVersion == 0 && !work.isEmpty
        if drops { held?.assigned = WorkSet() }
        return (drops ? [.run(WorkSet(), offset: configOffset)] : []) + [.awaitQuiet]
    }

    /// What is configured, by as much of the config log as was read: what is not any more is held no longer. A leader that has
    /// never seen it configured would not take it away, and it would count as load for ever.
    package mutating func keep(_ configured: WorkSet, configOffset: Int64) -> [Action] {
        // What was assigned from more of the log may be configured there.
        guard phase == .preparing, let held, configOffset >= held.configOffset else { return [] }
        let kept = held.assigned.intersection(configured)
        guard kept != held.assigned else { return [] }
        self.held?.assigned = kept
        return [.run(kept, offset: held.configOffset)]
    }

    /// What had to stop has stopped.
    package mutating func quiet(configOffset: Int64) -> [Action] {
        guard phase == .preparing else { return [] }
        phase = .joining
        hasDropped = false
        do throws(ConnectProtocolError) {
            return [
                .offer(
                    try WorkerMetadata.offers(
                        settings.mode, url: settings.url, configOffset: configOffset, holding: held))
            ]
        } catch {
            return [.warn("What this worker holds cannot be told to the group: \(error)")]
        }
    }

    /// A round ended with an assignment.
    package mutating func assigned(_ answer: Answer, configOffset: Int64, now: UInt64) -> [Action] {
        guard !isAway else { return [] }
        let assignment: WorkerAssignment
        do throws(ConnectProtocolError) {
            assignment = try WorkerAssignment(answer.bytes)
        } catch {
            // The leader's mistake: another round may go better, but not at once.
            rejoinAt = now &+ Self.pauseAfterNonsense
            phase = .joining
            return [.warn("The assignment cannot be read: \(error)")]
        }
        generation = answer.generation
        memberID = answer.memberID
        protocolVersion = ConnectProtocolMode.version(ofProtocolName: answer.protocolName) ?? protocolVersion
        isCoordinatorLost = false
        absentAt = nil
        isAbsent = false
        attention = nil
        var merged = assignment
        var actions: [Action] = []
        let isMismatch = assignment.error != WorkerAssignment.noError
        if !isMismatch { mismatchPause = nil }
        var kept = work
        if protocolVersion > 0 {
            // A round that assigns nothing does not say who else runs what was held through a lost membership.
            kept = isMismatch && isInDoubt ? WorkSet() : work.subtracting(assignment.revoked)
            merged.assigned = kept.union(assignment.assigned)
            merged.revoked = WorkSet()
            hasRevoked = !assignment.revoked.isEmpty
        } else {
            // A group that falls back to the eager protocol has dealt everything out anew, and others start at once.
            kept = work.intersection(assignment.assigned)
            hasRevoked = false
        }
        if kept != work { actions.append(.run(kept, offset: held?.configOffset ?? -1)) }
        isInDoubt = isInDoubt && isMismatch
        held = merged
        rejoinAt = assignment.delay > 0 ? now &+ UInt64(assignment.delay) * 1_000_000 : nil
        if assignment.leaderID != answer.memberID {
            owners = nil
        } else if !isMismatch {
            // Else this worker has not read all of the config log: what it takes for removed may be new.
            actions.append(.lead)
        }
        return actions + carryOut(configOffset, now)
    }

    /// Whether the group was left for a while.
    private var isAway: Bool {
        switch phase {
        case .backingOff, .catchingUp: true
        case .outside, .preparing, .joining, .reading, .settled: false
        }
    }

    /// What a round gave this member.
    package struct Answer: Sendable, Equatable {
        package let generation: Int32
        package let memberID: String
        package let protocolName: String
        package let bytes: [UInt8]

        /// An answer.
        package init(generation: Int32, memberID: String, protocolName: String, bytes: [UInt8]) {
            self.generation = generation
            self.memberID = memberID
            self.protocolName = protocolName
            self.bytes = bytes
        }
    }

    /// Carries the assignment out, once the config log was read as far as it was made from.
    mutating func carryOut(_ configOffset: Int64, _ now: UInt64) -> [Action] {
        guard let held else { return [] }
        let isMismatch = held.error != WorkerAssignment.noError
        if isMismatch, held.configOffset < 0 {
            // Not about the log: the leader could make nothing of a member. Asked again at once, it would go round for ever.
            phase = .joining
            rejoinAt = now &+ Self.pauseAfterNonsense
            return []
        }
        if isMismatch, held.leaderID != memberID, configOffset >= held.configOffset {
            phase = .joining
            return askAgain(now)
        }
        if isMismatch || configOffset < held.configOffset { return read(now) }
        phase = .settled
        failedReads = 0
        var actions: [Action] = [.run(held.assigned, offset: held.configOffset), .settled]
        if configOffset > held.configOffset {
            noteChange("the config topic has moved on", now)
        }
        if hasRevoked {
            actions.append(.rejoin(reason: "what was revoked has stopped"))
        } else if hasDropped {
            actions.append(.rejoin(reason: "work was given up while the group was at work on a round"))
        }
        hasRevoked = false
        hasDropped = false
        return actions
    }

    /// The leader has to read on first, and its next round is told with a heartbeat. A coordinator that knows all of what this
    /// worker offers answers at once with the same assignment: asked at once each time, it would be without end.
    private mutating func askAgain(_ now: UInt64) -> [Action] {
        guard var pause = mismatchPause else {
            mismatchPause = Self.afterMismatch
            return [.rejoin(reason: "the leader had not read the config topic to its end")]
        }
        rejoinAt = now &+ pause.advance()
        mismatchPause = pause
        return []
    }

    mutating func noteChange(_ reason: String, _ now: UInt64) {
        let latest = change?.latest ?? now &+ Self.changePause.longest
        change = (change?.reason ?? reason, min(now &+ Self.changePause.next, latest), latest)
    }

    private mutating func read(_ now: UInt64) -> [Action] {
        lastAttempt += 1
        phase = .reading(attempt: lastAttempt, until: now &+ settings.syncTimeout)
        return [.readToEnd(attempt: lastAttempt)]
    }
}
