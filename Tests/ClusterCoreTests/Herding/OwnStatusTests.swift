import ConnectModel
import Testing

@testable import ClusterCore

/// What a worker says of what it runs, where others have said something else.
@Suite struct OwnStatusTests {
    private let task = TaskID(connector: "A", number: 0)
    private let failure = ConnectError(.taskFailed, "no")

    private func tasks(_ count: Int32, _ text: String = "") -> [ConfigLogRecord] {
        (0..<count).map { .task(TaskID(connector: "A", number: $0), ConfigMap([("task", text)])) }
            + [.commit("A", tasks: count)]
    }

    /// A worker of a group whose task A-0 runs in generation 1.
    private func runner() throws -> HerderStory {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(1))
        _ = try story.follow("A-0")
        tell(.running, &story)
        return story
    }

    @discardableResult
    private func tell(_ state: InstanceState, _ story: inout HerderStory) -> [HerderMachine.Action] {
        let now = story.now
        _ = story.machine.tasks("A", at: now) { $0.started(0, incarnation: 1 << 32) }
        let error = state == .failed ? failure : nil
        return story.machine.tasks("A", at: now) { $0.reached(0, incarnation: 1 << 32, state, error) }
    }

    private func read(_ state: InstanceState, by worker: String, _ generation: Int32, _ story: inout HerderStory) {
        let status = InstanceStatus(state: state, workerID: worker, generation: generation)
        _ = story.machine.read(.task(task, status), at: story.now)
    }

    @Test
    func `a task that failed while another worker was taken for its owner is FAILED, and not RUNNING, afterwards`()
        throws
    {
        var story = try runner()
        read(.running, by: "m:8083", 1, &story)
        // This worker stood still; the group gave the task away.
        read(.running, by: "o:8083", 2, &story)
        #expect(tell(.failed, &story).statuses.isEmpty, "the other one's stays for now")
        _ = try story.follow()
        let again = try story.follow()
        let told = again.statuses.filter { $0.key == "status-task-A-0" }
        #expect(told.map { $0.status?.state } == [.failed])
    }

    @Test func `a status that could not be written is not repeated once the worker has said something else`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(1))
        _ = try story.follow("A-0")
        let writes = tell(.running, &story).compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        let write = try #require(writes.first)
        _ = story.machine.statusWritten(write, error: ConnectError(.kafkaUnavailable, "no broker"), at: story.now)
        read(.running, by: "o:8083", 2, &story)
        #expect(tell(.failed, &story).statuses.isEmpty, "refused: another worker told more lately")
        story.time += 1_000_000_000
        #expect(story.machine.advance(at: story.now).statuses.isEmpty, "RUNNING would stand over the other's")
        #expect(story.machine.teller.isDone)
    }

    @Test func `a status that could not be written is not repeated once its task is another worker's`() throws {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(1))
        _ = try story.follow("A-0")
        let writes = tell(.running, &story).compactMap { if case .writeStatus(let write) = $0 { write } else { nil } }
        let write = try #require(writes.first)
        _ = story.machine.statusWritten(write, error: ConnectError(.kafkaUnavailable, "no broker"), at: story.now)
        _ = try story.follow(revoked: "A-0")
        story.time += 1_000_000_000
        #expect(!story.machine.advance(at: story.now).statuses.contains { $0.status?.state == .running })
    }

    @Test
    func `statuses of the tasks of a connector that was removed and made anew go, though none was committed since`() {
        var story = HerderStory()
        story.configure("A")
        story.read(tasks(2))
        for number: Int32 in 0..<2 {
            let status = InstanceStatus(state: .failed, workerID: "o:8083", generation: 0)
            _ = story.machine.read(.task(TaskID(connector: "A", number: number), status), at: story.now)
        }
        story.read(.connector("A", nil))
        story.configure("A")
        let gone = story.lead().statuses.filter { $0.status == nil }.map(\.key)
        #expect(gone.contains("status-task-A-0") && gone.contains("status-task-A-1"))
    }

    @Test func `a task whose commit only the leader can read whole is FAILED with the reason`() throws {
        var story = HerderStory()
        story.configure("A")
        // Of two tasks one was compacted.
        story.read(.task(task, ConfigMap([("task", "new")])), .commit("A", tasks: 2))
        let failed = try story.follow("A A-0").statuses.first { $0.key == "status-task-A-0" }
        #expect(failed?.status?.state == .failed)
    }

    @Test(.timeLimit(.minutes(1))) func `a forged number of tasks costs nothing when a status is removed`() {
        var story = HerderStory()
        story.configure("A")
        story.read(.commit("A", tasks: 2_000_000_000))
        #expect(story.machine.read(.connector("A", nil), at: story.now).statuses.isEmpty)
        story.lead()
        #expect(story.machine.read(.connector("A", nil), at: story.now).statuses.isEmpty)
    }
}
