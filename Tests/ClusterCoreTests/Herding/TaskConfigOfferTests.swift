import ClusterCore
import ConnectModel
import Testing

/// Task configurations on their way from the connector's owner to the leader.
@Suite struct TaskConfigOfferTests {
    private let refusal = ConnectError(.requestConflict, "no")

    /// A follower that runs A, whose task configurations are on their way.
    private func follower() throws -> (HerderStory, [HerderMachine.Action]) {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        let first = story.give([task("first")], "A", after: started)
        return (story, first)
    }

    /// The connector wants its task configurations to be asked again, and gives these.
    private func give(_ text: String, _ story: inout HerderStory) -> [HerderMachine.Action] {
        let now = story.now
        let asked = story.machine.connector("A", at: now) { $0.requestTaskConfigs(now: now.time) }
        return story.give([task(text)], "A", after: asked)
    }

    @Test func `one offer at a time, and of those that wait the newest`() throws {
        var (story, first) = try follower()
        #expect(first.contains(.handToLeader([task("first")], connector: "A", url: HerderStory.leaderURL)))
        #expect(give("second", &story).handed.isEmpty, "the first is under way")
        #expect(give("third", &story).handed.isEmpty)
        #expect(story.machine.handed("A", error: nil, at: story.now).handed == [[task("third")]])
        #expect(story.machine.handed("A", error: nil, at: story.now).handed.isEmpty)
        #expect(!story.machine.isOffering)
    }

    @Test func `a newer offer takes the place of one that was refused`() throws {
        var (story, _) = try follower()
        _ = give("second", &story)
        #expect(story.machine.handed("A", error: refusal, at: story.now).handed == [[task("second")]])
        #expect(story.machine.nextDeadline == nil, "the connector is not asked again")
    }

    @Test func `what the leader does not take is asked for again, with growing pauses`() throws {
        var (story, _) = try follower()
        for pause: UInt64 in [250_000_000, 500_000_000, 1_000_000_000] {
            let refused = story.machine.handed("A", error: refusal, at: story.now)
            #expect(refused.contains(.tell(.offerRefused("A", refusal))))
            #expect(story.machine.isOffering)
            let due = story.time + pause
            #expect(story.machine.nextDeadline == due)
            story.time = due
            let asked = story.machine.advance(at: story.now)
            #expect(story.give([task("again")], "A", after: asked).handed == [[task("again")]])
        }
        _ = story.machine.handed("A", error: nil, at: story.now)
        let next = give("later", &story)
        #expect(next.handed == [[task("later")]])
        _ = story.machine.handed("A", error: refusal, at: story.now)
        #expect(story.machine.nextDeadline == story.time + 250_000_000, "a success starts the pauses over")
    }

    @Test func `a connector fails whose task configurations the leader's topic can never hold`() throws {
        var (story, _) = try follower()
        let refused = story.machine.handed(
            "A", error: ConnectError(.peerRefused, "The leader answered 413", status: 413), at: story.now)
        let failed = try #require(refused.statuses.first { $0.key == "status-connector-A" })
        #expect(failed.status?.state == .failed)
        #expect(failed.status?.trace?.contains("max.request.size") == true)
        #expect(!story.machine.isOffering, "it is not asked again")
        #expect(story.machine.nextDeadline == nil)
        // As any connector that has failed: until it is restarted or gets another configuration.
        #expect(give("smaller", &story).handed.isEmpty)
    }

    @Test func `a leader fails its own connector that way, and tells others so with 413`() throws {
        var story = HerderStory()
        story.configure("A")
        let write = story.give([task("large")], "A", after: story.lead())
        let large = ConnectError(.recordTooLarge, "2 MB")
        let ended = story.confirm(write, error: large)
        #expect(ended.statuses.contains { $0.key == "status-connector-A" && $0.status?.state == .failed })
        let asked = story.ask(.tasks("A", [task("other's")]), 7)
        guard case .refused(let told)? = story.confirm(asked, error: large).answers[7] else {
            Issue.record("not refused")
            return
        }
        #expect(told.httpStatus == 413)
    }

    @Test func `an offer waits for the round, and is dropped where the connector has moved away`() throws {
        var (story, _) = try follower()
        _ = story.machine.handed("A", error: nil, at: story.now)
        story.prepare()
        #expect(give("second", &story).handed.isEmpty, "nobody leads during a round")
        let settled = try story.follow(revoked: "A")
        #expect(settled.handed.isEmpty)
        #expect(!story.machine.isOffering)
    }

    @Test func `the leader's own connector takes its turn among the writes`() {
        var story = HerderStory()
        story.configure("A")
        let started = story.lead()
        let write = story.ask(.tasks("A", [task("other")]), 1)
        #expect(write.written.count == 1)
        #expect(story.give([task("own")], "A", after: started).written.isEmpty)
        #expect(story.confirm(write).written == [["task-A-0", "commit-A"]])
    }

    @Test func `nothing is offered where nobody knows a leader`() throws {
        var story = HerderStory()
        story.configure("A")
        story.prepare()
        let assignment = WorkerAssignment(
            version: 2, leaderID: "l", leaderURL: "", configOffset: 1, assigned: work("A"))
        let started = story.machine.group(
            .assigned(
                generation: 1, memberID: "m", leaderID: "l", protocolName: "sessioned", bytes: try assignment.encode()),
            at: story.now)
        #expect(story.give([task("0")], "A", after: started).handed.isEmpty)
        #expect(story.machine.isOffering, "it is offered again later")
    }
}

/// Task configurations that are in force without being those that the connector gave last.
@Suite struct TaskConfigHealingTests {
    /// A leader whose connector A has its task.
    private func leader() -> HerderStory {
        var story = HerderStory()
        story.configure("A")
        let started = story.lead()
        let write = story.give([task("new")], "A", after: started)
        story.confirm(write)
        story.lead()
        return story
    }

    private func asks(_ actions: [HerderMachine.Action]) -> Bool {
        actions.contains { if case .connector("A", .askTaskConfigs) = $0 { true } else { false } }
    }

    @Test func `what the connector gave and was stored is not asked for again`() {
        var story = HerderStory()
        story.configure("A")
        let started = story.lead()
        let write = story.give([task("new")], "A", after: started)
        #expect(write.written == [["task-A-0", "commit-A"]])
        #expect(!asks(story.confirm(write)))
    }

    @Test func `an older write that came to be behind a newer one is written over`() {
        var story = leader()
        let late = story.read(
            .task(TaskID(connector: "A", number: 0), task("old")), .commit("A", tasks: 1))
        #expect(asks(late))
        #expect(story.give([task("new")], "A", after: late).written == [["task-A-0", "commit-A"]])
    }

    @Test func `a stop of which only the half was stored leaves no connector without tasks`() {
        var story = leader()
        #expect(asks(story.read(.commit("A", tasks: 0))))
        var other = leader()
        #expect(!asks(other.read(.commit("A", tasks: 0), .targetState("A", .stopped))), "a whole one")
    }

    @Test func `a connector is asked again a few times, not for ever, where others commit what their own one gives`() {
        var story = leader()
        let other: [ConfigLogRecord] = [
            .task(TaskID(connector: "A", number: 0), task("other")), .commit("A", tasks: 1),
        ]
        for round in 1...3 {
            let asked = story.read(other)
            #expect(asks(asked))
            #expect(asked.contains(.tell(.othersCommit("A"))) == (round == 3), "the last word is told")
            let write = story.give([task("new")], "A", after: asked)
            #expect(write.written == [["task-A-0", "commit-A"]])
            story.confirm(write)
        }
        #expect(!asks(story.read(other)), "theirs stay")
        story.confirm(configure(&story, version: "2"))
        #expect(asks(story.read(other)), "another configuration starts over")
    }

    @Test func `tasks that commits of two leaders took out of force are stored again, with growing pauses`() {
        var story = leader()
        for pause: UInt64 in [250_000_000, 500_000_000, 1_000_000_000] {
            #expect(!asks(story.read(.commit("A", tasks: 1))), "the other leader may be about to do the same")
            let due = story.time + pause / 2 + HerderStory.seed % (pause / 2)
            story.time = due - 1
            #expect(!asks(story.machine.advance(at: story.now)))
            story.time = due
            let asked = story.machine.advance(at: story.now)
            let write = story.give([task("new")], "A", after: asked)
            #expect(write.written == [["task-A-0", "commit-A"]])
            // Theirs come between.
            let name = TaskID(connector: "A", number: 0)
            story.read(.task(name, task("new")), .task(name, task("new")), .commit("A", tasks: 1))
            _ = story.machine.written(.turn("A"), error: nil, at: story.now)
        }
        story.read(.task(TaskID(connector: "A", number: 0), task("new")), .commit("A", tasks: 1))
        story.read(.commit("A", tasks: 1))
        story.time += 250_000_000
        #expect(asks(story.machine.advance(at: story.now)), "a success starts over")
    }

    /// A connector's configuration is stored once more, and it gives its tasks.
    private func configure(_ story: inout HerderStory, version: String = "", tasks: String = "new")
        -> [HerderMachine.Action]
    {
        let config = ConfigMap(
            [("connector.class", "C"), ("tasks.max", "1")] + (version.isEmpty ? [] : [("v", version)]))
        let adopted = story.read(.connector("A", config))
        for case .connector("A", .reconfigure(let instance)) in adopted {
            let now = story.now
            let asked = story.machine.connector("A", at: now) {
                $0.reconfigured(instance: instance, .success(true), now: now.time)
            }
            return story.give([task(tasks)], "A", after: asked)
        }
        return story.give([task(tasks)], "A", after: adopted)
    }

    @Test func `unchanged configurations in a row are followed by one commit of the tasks in force, a second later`() {
        var story = leader()
        let first = story.time
        for _ in 0..<3 {
            #expect(configure(&story).written.isEmpty, "nobody waits for it")
            story.time += 100_000_000
        }
        story.time = first + 999_999_999
        #expect(story.machine.advance(at: story.now).written.isEmpty)
        story.time += 1
        #expect(story.machine.isOffering)
        let write = story.machine.advance(at: story.now)
        #expect(write.written == [["task-A-0", "commit-A"]])
        #expect(!asks(story.confirm(write)), "nothing follows")
        #expect(!story.machine.isOffering)
        #expect(story.machine.log.connector("A")?.isCommitOvertaken == false)
    }

    @Test func `a configuration that changes what the runtime reads has its tasks stored at once`() {
        var story = leader()
        #expect(configure(&story, version: "2").written == [["task-A-0", "commit-A"]])
    }

    @Test func `tasks are not committed again once others are wanted, or the connector is stopped`() {
        var changed = leader()
        _ = configure(&changed)
        let write = configure(&changed, version: "2", tasks: "newer")
        changed.time += 1_000_000_000
        #expect(changed.machine.advance(at: changed.now).written.isEmpty, "the newer ones are on their way")
        changed.confirm(write)
        #expect(!changed.machine.isOffering)
        var stopped = leader()
        _ = configure(&stopped)
        stopped.read(.commit("A", tasks: 0), .targetState("A", .stopped))
        stopped.time += 1_000_000_000
        #expect(stopped.machine.advance(at: stopped.now).written.isEmpty)
    }

    @Test func `nothing is asked while newer ones are on their way`() throws {
        var story = HerderStory()
        story.configure("A")
        let started = try story.follow("A")
        _ = story.give([task("new")], "A", after: started)
        let other: [ConfigLogRecord] = [
            .task(TaskID(connector: "A", number: 0), task("old")), .commit("A", tasks: 1),
        ]
        #expect(!asks(story.read(other)))
        let after = story.machine.handed("A", error: nil, at: story.now) + story.machine.turnEnded(at: story.now)
        #expect(asks(after), "but then")
    }
}
