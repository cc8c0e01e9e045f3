import ClusterCore
import ConnectModel
import Testing

/// What the leader writes about one connector, in turn.
@Suite struct WriteTurnTests {
    private func leader() -> HerderStory {
        var story = HerderStory()
        story.configure("A")
        story.configure("B")
        story.lead()
        return story
    }

    @Test func `the leader writes of one connector in turn, and decides when the turn has come`() {
        var story = leader()
        let stop = story.ask(.stop("A"), 1)
        #expect(stop.written == [["commit-A", "target-state-A"]])
        #expect(story.ask(.tasks("A", [task("0")]), 2).isEmpty, "behind the stop")
        #expect(story.ask(.tasks("A", []), 3).isEmpty)
        let after = story.confirm(stop)
        #expect(after.answers[1] == .done)
        guard case .refused(let error)? = after.answers[2] else { return unexpected(after) }
        #expect(error.message == "Cannot submit non-empty set of task configs for stopped connector A")
        #expect(after.written == [["commit-A"]], "the next one that is not refused")
        #expect(story.confirm(after).answers == [3: .done])
        #expect(story.ask(.tasks("A", []), 4).written == [["commit-A"]], "nothing is left of the queue")
    }

    @Test func `connectors do not wait for one another`() {
        var story = leader()
        #expect(story.ask(.tasks("A", [task("0")]), 1).written == [["task-A-0", "commit-A"]])
        #expect(story.ask(.tasks("B", [task("0")]), 2).written == [["task-B-0", "commit-B"]])
    }

    @Test func `a write that failed lets the next one go on`() {
        var story = leader()
        let stop = story.ask(.stop("A"), 1)
        _ = story.ask(.tasks("A", [task("0")]), 2)
        let error = ConnectError(.kafkaUnavailable, "no broker")
        let after = story.confirm(stop, error: error)
        #expect(after.answers == [1: .refused(error)])
        #expect(after.written == [["task-A-0", "commit-A"]])
    }

    @Test func `what waits is refused once another worker leads`() throws {
        var story = leader()
        let first = story.ask(.tasks("A", [task("0")]), 1)
        _ = story.ask(.tasks("A", [task("1")]), 2)
        _ = try story.follow()
        let after = story.confirm(first)
        #expect(after.answers[1] == .done)
        guard case .refused(let error)? = after.answers[2] else { return unexpected(after) }
        #expect(error.code == .requestConflict)
        #expect(after.written.isEmpty)
    }

    @Test(arguments: [[WorkerGroupEvent.membershipLost, .preparing], [.membershipLost]], [false, true])
    func `what waits is refused once the membership is lost, whatever the phase of the next, and at the end`(
        events: [WorkerGroupEvent], isEnding: Bool
    ) {
        var story = leader()
        let first = story.ask(.stop("A"), 1)
        _ = story.ask(.stop("A"), 2)
        if isEnding { _ = story.machine.end(at: story.now) }
        for event in events { _ = story.machine.group(event, at: story.now) }
        let after = story.confirm(first, error: ConnectError(.kafkaUnavailable, "the session was lost"))
        guard case .refused(let error)? = after.answers[2] else { return unexpected(after) }
        #expect(error.code == .requestConflict)
        #expect(after.written.isEmpty)
    }

    @Test func `what waits is refused where another worker leads a round that is still to be carried out`() throws {
        var story = leader()
        let first = story.ask(.stop("A"), 1)
        _ = story.ask(.stop("A"), 2)
        try story.follow(ahead: 1)
        #expect(story.machine.member?.isSettled == false)
        let after = story.confirm(first, error: ConnectError(.kafkaUnavailable, "no broker"))
        #expect(after.written.isEmpty)
        #expect(after.answers[2] != nil)
    }

    @Test func `the leader goes on while a round is on its way`() {
        var story = leader()
        let first = story.ask(.stop("A"), 1)
        _ = story.ask(.stop("A"), 2)
        story.prepare()
        let after = story.confirm(first)
        #expect(after.written == [["commit-A", "target-state-A"]])
    }

    @Test func `what is written about a connector that is gone is refused when its turn comes`() {
        var story = leader()
        let first = story.ask(.tasks("A", [task("0")]), 1)
        _ = story.ask(.stop("A"), 2)
        story.read(.connector("A", nil))
        let after = story.confirm(first)
        guard case .refused(let error)? = after.answers[2] else { return unexpected(after) }
        #expect(error.code == .connectorUnknown)
    }

    @Test func `what comes before a deletion was read back finds the connector gone`() {
        var story = leader()
        let deletion = story.ask(.delete("A"), 1)
        #expect(deletion.written == [["connector-A", "target-state-A"]])
        #expect(story.ask(.stop("A"), 2).isEmpty, "behind the deletion it would be the next connector's state")
        #expect(story.ask(.delete("A"), 3).isEmpty)
        #expect(story.ask(.delete("B"), 4).written == [["connector-B", "target-state-B"]])
        let after = story.confirm(deletion)
        #expect(after.written.isEmpty)
        #expect(after.answers[1] == .done)
        for (ticket, message) in [(2, "Unknown connector A"), (3, "Connector A not found")] as [(UInt64, String)] {
            #expect(after.answers[ticket] == .refused(ConnectError(.connectorUnknown, message)))
        }
        story.configure("A")
        #expect(story.machine.log.connector("A")?.targetState == .started)
        #expect(story.ask(.delete("none"), 5).answers[5] != nil)
    }

    @Test func `a deletion waits for what was written before it`() {
        var story = leader()
        let stop = story.ask(.stop("A"), 1)
        #expect(story.ask(.delete("A"), 2).isEmpty)
        let after = story.confirm(stop)
        #expect(after.written == [["connector-A", "target-state-A"]])
        #expect(story.confirm(after).answers == [2: .done])
        #expect(story.machine.log.connector("A") == nil)
    }

    /// A former leader's task configurations, behind the stop that another worker wrote.
    private func lateTasks(_ story: inout HerderStory) -> [HerderMachine.Action] {
        story.read(.commit("A", tasks: 0), .targetState("A", .stopped))
        return story.read(.task(TaskID(connector: "A", number: 0), task("0")), .commit("A", tasks: 1))
    }

    @Test func `the leader takes the tasks of a stopped connector out of the log`() {
        var story = leader()
        let repair = lateTasks(&story)
        #expect(repair.written == [["commit-A"]])
        #expect(story.confirm(repair).written.isEmpty)
        #expect(story.machine.log.connector("A")?.taskCount == 0)
    }

    @Test func `who does not lead leaves it, and does it once it leads`() throws {
        var story = HerderStory()
        story.configure("A")
        _ = try story.follow()
        #expect(lateTasks(&story).written.isEmpty)
        story.prepare()
        #expect(story.machine.turnEnded(at: story.now).written.isEmpty, "nobody knows who leads")
        #expect(story.lead().written == [["commit-A"]])
    }

    @Test func `tasks of a stopped connector stay where it was resumed before they could be taken out`() {
        var story = leader()
        let repair = lateTasks(&story)
        story.read(.targetState("A", .started))
        let failed = story.confirm(repair, error: ConnectError(.kafkaUnavailable, "no broker"))
        #expect(failed.written.isEmpty)
        story.time += 1_000_000_000
        let later = story.machine.advance(at: story.now) + story.machine.turnEnded(at: story.now)
        #expect(later.written.isEmpty)
    }

    @Test func `the leader knows that all tasks have ended once nobody brought any to a round behind the stop`() throws
    {
        var story = HerderStory()
        func haveEnded(_ name: String) -> Bool { story.machine.haveTasksEnded(of: name) }
        story.configure("A")
        let started = story.lead()
        story.confirm(story.give([task("0")], "A", after: started))
        let stopping = story.confirm(story.ask(.stop("A"), 1))
        let now = story.now
        for case .connector(let name, .stop(let instance)) in stopping {
            _ = story.machine.connector(name, at: now) { $0.stopped(instance: instance, now: now.time) }
        }
        #expect(!haveEnded("none"))
        #expect(!haveEnded("A"), "others have not come by yet")
        var held = WorkSet()
        held.insert(TaskID(connector: "A", number: 0))
        let other = WorkerMetadata(
            version: 2, url: "http://o:8083/", configOffset: 1,
            allocation: WorkerAssignment(
                version: 2, leaderID: "m", leaderURL: "http://m:8083/", configOffset: 1, assigned: held,
                revoked: WorkSet()))
        story.lead(with: [GroupMemberMetadata(id: "o", metadata: try other.encode())])
        #expect(!haveEnded("A"), "one has, with a task")
        story.lead()
        #expect(haveEnded("A"))
        _ = try story.follow()
        #expect(!haveEnded("A"), "its leader knows")
    }

    @Test func `a stop that was not repaired is repaired a second later`() {
        var story = leader()
        let failed = story.confirm(lateTasks(&story), error: ConnectError(.kafkaUnavailable, "no broker"))
        #expect(failed.written.isEmpty, "not at once")
        story.time += 1_000_000_000
        #expect(story.machine.nextDeadline.map { $0 <= story.time } == true)
        let again = story.machine.advance(at: story.now) + story.machine.turnEnded(at: story.now)
        #expect(again.written == [["commit-A"]])
        #expect(story.confirm(again).written.isEmpty)
    }
}
