import ConnectModel
import Testing

@testable import ClusterCore

/// What a leader does about statuses of what its config topic does not have: late ones of its own group go, and with another
/// group that shares the status topic no storm comes of it.
@Suite struct SharedStatusTopicTests {
    private let task = TaskID(connector: "A", number: 0)

    private func status(_ state: InstanceState, generation: Int32 = 1) -> StatusRecord {
        .task(task, InstanceStatus(state: state, workerID: "o:8083", generation: generation))
    }

    private func use(at time: Int64) -> StatusRecord {
        .topic("t", connector: "A", .init(task: 0, discoveredAt: time))
    }

    /// What the leader of a group that knows no connector removes as it reads a record.
    private func removed(_ record: StatusRecord, _ story: inout HerderStory) -> [String] {
        story.machine.read(record, at: story.now).statuses.filter { $0.status == nil }.map(\.key)
    }

    @Test func `a late status of what is not configured is removed, each word once in a generation`() {
        var story = HerderStory()
        story.lead()
        #expect(removed(status(.running), &story) == ["status-task-A-0"])
        #expect(removed(.task(task, nil), &story) == [])
        #expect(removed(status(.running), &story) == [], "somebody holds on to it")
        #expect(removed(status(.unassigned), &story) == ["status-task-A-0"], "its owner has stopped since")
        #expect(removed(status(.unassigned, generation: 2), &story) == ["status-task-A-0"])
        story.lead()
        #expect(removed(.task(task, nil), &story) == [])
        #expect(removed(status(.running), &story) == ["status-task-A-0"])
    }

    @Test func `a topic that is used again and again is removed once in a generation`() {
        var story = HerderStory()
        story.lead()
        #expect(removed(use(at: 1), &story) == ["status-topic-t:connector-A"])
        #expect(removed(.topic("t", connector: "A", nil), &story) == [])
        #expect(removed(use(at: 2), &story) == [])
        #expect(story.lead().statuses.map(\.key) == ["status-topic-t:connector-A", "status-connector-A"])
    }

    @Test func `what a leader keeps of removals is bounded, and the next round removes the rest`() {
        var story = HerderStory()
        story.lead()
        let count = Int32(RemovedStatuses.most) + 5
        let word = InstanceStatus(state: .running, workerID: "o:8083", generation: 1)
        var gone = 0
        for number in 0..<count {
            gone += removed(.task(TaskID(connector: "A", number: number), word), &story).count
        }
        #expect(gone == RemovedStatuses.most)
        #expect(story.lead().statuses.count == Int(count) + 1)
    }

    @Test func `two groups on one status topic leave each other's statuses alone in the end`() throws {
        var shared = SharedTopic()
        shared.take(shared.leader.lead())
        shared.owner.configure("A")
        shared.owner.read(.task(task, ConfigMap()), .commit("A", tasks: 1))
        shared.take(try shared.owner.follow("A-0"))
        let now = shared.owner.now
        _ = shared.owner.machine.tasks("A", at: now) { $0.started(0, incarnation: 1 << 32) }
        shared.take(shared.owner.machine.tasks("A", at: now) { $0.reached(0, incarnation: 1 << 32, .running, nil) })
        shared.take(shared.owner.machine.used(topic: "t", by: task, at: now))
        shared.pass(seconds: 60)
        #expect(shared.records.count < 10)
        #expect(shared.owner.machine.statuses.task(task)?.state == .running)
        #expect(shared.owner.machine.statuses.uses("t", connector: "A"))
    }
}

/// The leader of one group, and a worker of another one whose connector A uses a topic all the time.
private struct SharedTopic {
    var leader = HerderStory()
    var owner = HerderStory()
    private(set) var records: [StatusRecord] = []
    private var read = 0

    /// What is written to the topic is acknowledged. A task that is to tell of its topics does so with its next records.
    mutating func take(_ actions: [HerderMachine.Action]) {
        for action in actions {
            switch action {
            case .writeStatus(let write): records.append(write.record)
            case .topicsForgotten:
                let task = TaskID(connector: "A", number: 0)
                take(owner.machine.used(topic: "t", by: task, at: owner.now))
            default: break
            }
        }
    }

    /// Both read on, ten times a second.
    mutating func pass(seconds: Int) {
        for _ in 0..<(seconds * 10) {
            leader.time += 100_000_000
            owner.time = leader.time
            for record in records[read...] {
                read += 1
                take(leader.machine.read(record, at: leader.now))
                take(owner.machine.read(record, at: owner.now))
            }
            take(leader.machine.advance(at: leader.now))
            take(owner.machine.advance(at: owner.now))
        }
    }
}
