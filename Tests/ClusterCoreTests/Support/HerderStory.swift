import ConnectModel

@testable import ClusterCore

/// A herder `m` at `http://m:8083/` with its config topic: what it writes is read back when the story says so.
struct HerderStory {
    static let seed: UInt64 = 31_415_926_535
    static let leaderURL = "http://l:8083/"

    var machine: HerderMachine
    var time: UInt64 = 1_000_000_000
    private(set) var offset: Int64 = 0
    private(set) var generation: Int32 = 0
    /// Statuses on their way to their topic.
    private(set) var written: [StatusWrite] = []

    init(isAlone: Bool = false) {
        machine = HerderMachine(
            .init(
                workerID: "m:8083",
                membership: isAlone ? nil : .init(url: "http://m:8083/", mode: .sessioned, maximumDelay: 0),
                rotation: SessionKeyRotation(algorithm: "HmacSHA256", size: 3, lifetime: 3_600_000),
                seed: Self.seed))
        if !isAlone { _ = machine.topicsRead(at: now) }
    }

    var now: HerderMachine.Moment { .init(time: time, wall: Int64(time / 1_000_000)) }

    /// Somebody writes to the config topic, and this worker reads it.
    @discardableResult
    mutating func read(_ records: ConfigLogRecord...) -> [HerderMachine.Action] { read(records) }

    @discardableResult
    mutating func read(_ records: [ConfigLogRecord]) -> [HerderMachine.Action] {
        var actions: [HerderMachine.Action] = []
        for record in records {
            actions += machine.read(record, offset: offset, at: now)
            offset += 1
        }
        return actions + machine.turnEnded(at: now)
    }

    /// What this worker wants to write is written and read back.
    @discardableResult
    mutating func confirm(_ actions: [HerderMachine.Action], error: ConnectError? = nil) -> [HerderMachine.Action] {
        var following: [HerderMachine.Action] = []
        for case .write(let records, let write) in actions {
            if error == nil { following += read(records) }
            following += machine.written(write, error: error, at: now)
        }
        return following + machine.turnEnded(at: now)
    }

    /// A connector of one task is configured.
    @discardableResult
    mutating func configure(_ name: String) -> [HerderMachine.Action] {
        read(.connector(name, ConfigMap([("connector.class", "C"), ("tasks.max", "1")])))
    }

    /// The status topic has taken all that was told so far.
    mutating func acknowledgeStatuses() {
        let release = InstanceStatus(state: .unassigned, workerID: "m:8083", generation: 0)
        while machine.teller.underWay > 0 {
            let status = machine.teller.releasesUnderWay > 0 ? release : nil
            let write = StatusWrite(record: .connector("", status), number: 0, isCareful: false)
            _ = machine.statusWritten(write, error: nil, at: now)
        }
    }

    /// A round begins, up to the offer.
    @discardableResult
    mutating func prepare() -> [GroupOffer] {
        var actions = machine.group(.preparing, at: now)
        acknowledgeStatuses()
        actions += machine.turnEnded(at: now)
        for case .membership(.offer(let offers)) in actions { return offers }
        return []
    }

    /// A round that this worker leads, alone or with others.
    @discardableResult
    mutating func lead(with others: [GroupMemberMetadata] = []) -> [HerderMachine.Action] {
        let offers = prepare()
        generation += 1
        let members = [GroupMemberMetadata(id: "m", metadata: offers.first?.metadata ?? [])] + others
        let election = machine.group(
            .elected(generation: generation, memberID: "m", protocolName: "sessioned", members: members), at: now)
        for case .membership(.assign(let assignments)) in election {
            let own = assignments.first { $0.memberID == "m" }?.bytes ?? []
            return machine.group(
                .assigned(
                    generation: generation, memberID: "m", leaderID: "m", protocolName: "sessioned", bytes: own),
                at: now) + machine.turnEnded(at: now)
        }
        return []
    }

    /// A round in which `l` leads, which may have read more of the config topic.
    @discardableResult
    mutating func follow(_ assigned: String = "", revoked: String = "", ahead: Int64 = 0) throws -> [HerderMachine
        .Action]
    {
        prepare()
        generation += 1
        let assignment = WorkerAssignment(
            version: 2, leaderID: "l", leaderURL: Self.leaderURL, configOffset: machine.log.offset + ahead,
            assigned: work(assigned), revoked: work(revoked))
        return machine.group(
            .assigned(
                generation: generation, memberID: "m", leaderID: "l", protocolName: "sessioned",
                bytes: try assignment.encode()), at: now) + machine.turnEnded(at: now)
    }

    /// The instance of a connector that was told to start starts, and gives task configurations.
    @discardableResult
    mutating func give(_ configs: [ConfigMap], _ name: String, after actions: [HerderMachine.Action])
        -> [HerderMachine.Action]
    {
        var following = actions
        for case .connector(name, .start(let instance)) in actions {
            let now = self.now
            following = machine.connector(name, at: now) {
                $0.started(instance: instance, error: nil, now: now.time)
            }
        }
        written += following.compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        for case .connector(name, .askTaskConfigs(let instance)) in following {
            let differs = machine.log.connector(name).map { TaskConfigPlan.differs(configs, from: $0) } ?? true
            let given = ConnectorMachine.Given(configs: configs, differs: differs)
            return machine.gaveTaskConfigs(name, instance: instance, .success(given), at: now)
                + machine.turnEnded(at: now)
        }
        return following
    }

    /// The instance of a connector that was told to stop has stopped.
    @discardableResult
    mutating func stop(_ name: String, after actions: [HerderMachine.Action]) -> [HerderMachine.Action] {
        let now = self.now
        var following: [HerderMachine.Action] = []
        for case .connector(name, .stop(let instance)) in actions {
            following += machine.connector(name, at: now) { $0.stopped(instance: instance, now: now.time) }
        }
        return following
    }

    mutating func ask(_ request: HerderMachine.Request, _ ticket: UInt64) -> [HerderMachine.Action] {
        machine.request(request, ticket, at: now)
    }
}

extension [HerderMachine.Action] {
    /// Keys of the records of each write to the config topic.
    var written: [[String]] { compactMap { if case .write(let records, _) = $0 { records.map(\.key) } else { nil } } }

    /// What is handed to the leader.
    var handed: [[ConfigMap]] {
        compactMap { if case .handToLeader(let configs, _, _) = $0 { configs } else { nil } }
    }

    var answers: [UInt64: HerderMachine.Answer] {
        var answers: [UInt64: HerderMachine.Answer] = [:]
        for case .answer(let ticket, let answer) in self { answers[ticket] = answer }
        return answers
    }

    var statuses: [StatusRecord] { compactMap { if case .writeStatus(let write) = $0 { write.record } else { nil } } }
}

/// One task's configuration.
func task(_ text: String) -> ConfigMap { ConfigMap([("task", text)]) }
