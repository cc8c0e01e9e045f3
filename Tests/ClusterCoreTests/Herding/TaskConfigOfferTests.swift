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
