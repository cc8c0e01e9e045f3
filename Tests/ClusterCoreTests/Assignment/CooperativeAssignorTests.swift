import ClusterCore
import ConnectModel
import Testing

@Suite struct CooperativeAssignorTests {
    /// W1 alone, then W2: after three rounds each has one connector with its tasks.
    private func scaledOut(maximumDelay: Int32 = 300_000) -> ClusterStory {
        var story = ClusterStory(maximumDelay: maximumDelay, "A:3 B:3")
        story.join("W1")
        story.round()
        story.join("W2")
        story.round()
        story.round()
        return story
    }

    @Test func `scaling out takes two rounds: one to let go, one to hand over`() {
        var story = ClusterStory("A:3 B:3")
        story.join("W1")
        story.round()
        #expect(story.assigned("W1") == "A B A-0 A-1 A-2 B-0 B-1 B-2" && story.delay == 0)
        story.join("W2")
        story.round()
        #expect(story.revoked("W1") == "A A-0 A-1 A-2" && story.holds("W1") == "B B-0 B-1 B-2")
        #expect(story.assigned("W2") == "" && story.delay == 0)
        story.round()
        #expect(story.assigned("W1") == "" && story.revoked("W1") == "")
        #expect(story.assigned("W2") == "A A-0 A-1 A-2" && story.delay == 0)
        let owners = story.last?.owners
        #expect(owners?.owner(ofConnector: "A")?.url == "http://W2:8083/")
        #expect(owners?.owner(of: TaskID(connector: "B", number: 2))?.memberID == "W1")
        story.round()
        #expect(story.assigned("W2") == "" && story.revoked("W2") == "", "settled")
    }

    @Test func `a lost worker's work waits, and goes to whoever came with empty hands`() {
        var story = scaledOut()
        story.leave("W2")
        story.round(at: 1_000)
        #expect(story.delay == 300_000 && story.assigned("W1") == "")
        story.join("W3")
        story.round(at: 61_000)
        #expect(story.delay == 240_000 && story.assigned("W3") == "" && story.revoked("W1") == "")
        story.round(at: 301_000)
        #expect(story.assigned("W3") == "A A-0 A-1 A-2" && story.delay == 0)
    }

    @Test func `a lost worker that nobody replaces leaves its work to the others at the end of the delay`() {
        var story = scaledOut()
        story.leave("W2")
        story.round(at: 1_000)
        story.round(at: 301_000)
        #expect(story.assigned("W1") == "A A-0 A-1 A-2" && story.delay == 0)
    }

    @Test func `a worker that comes back with its work ends the delay and nothing moves`() {
        var story = scaledOut()
        let held = story.members["W2"] ?? WorkSet()
        story.leave("W2")
        story.round(at: 1_000)
        story.join("W2'", holds: held)
        story.round(at: 61_000)
        #expect(story.delay == 0 && story.assigned("W2'") == "" && story.assigned("W1") == "")
    }

    @Test func `a new leader gives orphans away at once`() {
        var story = scaledOut()
        story.leave("W1")
        story.changeLeader()
        story.round(at: 1_000)
        #expect(story.assigned("W2") == "B B-0 B-1 B-2" && story.delay == 0)
    }

    @Test func `without a maximum delay lost work is given away at once`() {
        var story = scaledOut(maximumDelay: 0)
        story.leave("W2")
        story.round(at: 1_000)
        #expect(story.assigned("W1") == "A A-0 A-1 A-2" && story.delay == 0)
    }

    @Test func `revocations that follow one another wait longer and longer`() {
        var story = ClusterStory("A:6")
        story.join("W1")
        story.round(at: 0)
        story.join("W2")
        story.round(at: 1_000)
        #expect(story.revoked("W1") == "A-0 A-1 A-2" && story.holds("W1") == "A A-3 A-4 A-5" && story.delay == 0)
        story.join("W3")
        story.round(at: 1_500)
        #expect(story.revoked("W1") == "" && story.delay == 40)
        #expect(story.assigned("W2") == "A-0 A-2" && story.assigned("W3") == "A-1")
        story.round(at: 1_540)
        #expect(story.revoked("W1") == "A-3" && story.delay == 0)
        story.round(at: 1_541)
        #expect(story.assigned("W3") == "A-3" && story.delay == 0)
        #expect(["W1", "W2", "W3"].map(story.holds) == ["A A-4 A-5", "A-0 A-2", "A-1 A-3"])
    }

    @Test func `the waits between revocations grow forty-fold up to the maximum`() {
        var story = ClusterStory(maximumDelay: 2_000, "A:100")
        story.join("W0")
        story.round()
        story.join("W1")
        story.round()
        var delays: [Int32] = []
        var now: Int64 = 0
        for member in 2..<6 {
            story.join("W\(member)")
            story.round(at: now)
            delays.append(story.delay)
            now += Int64(story.delay)
            story.round(at: now)
        }
        #expect(delays == [40, 1_600, 2_000, 2_000])
    }

    @Test func `without a maximum delay revocations follow at once`() {
        var story = ClusterStory(maximumDelay: 0, "A:6")
        story.join("W1")
        story.round()
        story.join("W2")
        story.round()
        story.join("W3")
        story.round()
        #expect(story.revoked("W1") == "A-3" && story.delay == 0)
    }

    @Test func `new connectors start during a delay`() {
        var story = scaledOut()
        story.leave("W2")
        story.round(at: 1_000)
        story.work = configured("A:3 B:3 C:1")
        story.round(at: 2_000)
        #expect(story.assigned("W1") == "C C-0" && story.delay == 299_000)
    }

    @Test func `deleted connectors and tasks are revoked, during a delay too`() {
        var story = scaledOut()
        story.leave("W2")
        story.round(at: 1_000)
        story.work = configured("A:3 B:1")
        story.round(at: 2_000)
        #expect(story.revoked("W1") == "B-1 B-2" && story.delay == 299_000)
        story.work = configured("B:1")
        story.round(at: 3_000)
        #expect(story.revoked("W1") == "" && story.delay == 0, "what was lost is not wanted any more")
    }

    @Test func `work that two members hold is taken from both and given to one`() {
        var story = scaledOut()
        story.deliver(.init(memberID: "W2", assigned: work("B-0"), revoked: WorkSet()))
        story.round(at: 10)
        #expect(story.revoked("W1") == "B-0" && story.revoked("W2") == "B-0")
        story.round(at: 20)
        #expect([story.assigned("W1"), story.assigned("W2")].sorted() == ["", "B-0"])
    }

    @Test func `an answer that did not arrive is given again as new work`() {
        var story = ClusterStory("A:2")
        story.join("W1")
        story.join("W2")
        let result = story.compute(at: 0)
        story.deliver(result.shares[0])
        story.complete()
        story.round(at: 1)
        #expect(story.holds("W1") == "A A-0" && story.assigned("W2") == "A-1" && story.delay == 0)
    }

    @Test func `a round that failed for the leader is forgotten`() {
        var story = ClusterStory("A:2")
        story.join("W1")
        story.compute(at: 0)
        story.leave("W1")
        story.join("W2")
        story.round(at: 1)
        #expect(story.assigned("W2") == "A A-0 A-1" && story.delay == 0, "nothing was running, so nothing is lost")
    }

    @Test func `a revocation that was not carried out is asked for again`() {
        var story = ClusterStory("A:2 B:2")
        story.join("W1")
        story.round()
        story.join("W2")
        story.compute(at: 0)
        story.complete()
        #expect(story.revoked("W1") == "A A-0 A-1")
        // W1 did not hear of it and holds everything still: balance is sought again, after the wait.
        story.round(at: 1)
        #expect(story.delay == 40 && story.revoked("W1") == "")
        story.round(at: 41)
        #expect(story.revoked("W1") == "A A-0 A-1")
    }

    @Test func `what was revoked in vain is revoked again when it is deleted`() {
        var story = ClusterStory("A:2 B:2")
        story.join("W1")
        story.round()
        story.join("W2")
        story.compute(at: 0)
        story.complete()
        story.work = configured("B:2")
        story.round(at: 1)
        #expect(story.revoked("W1") == "A A-0 A-1", "the leader had counted on its being gone")
    }

    @Test func `the order of the members makes no difference`() {
        var story = scaledOut()
        var other = story.assignor
        story.work = configured("A:5 B:3 C:2")
        story.join("W0")
        let backwards = other.assign(
            story.group.reversed(), work: story.work, lastCompletedGeneration: story.lastCompleted,
            generation: story.generation + 1, now: 5)
        #expect(story.compute(at: 5) == backwards)
    }

    @Test func `a group without members, and members without work, are no problem`() {
        var assignor = CooperativeAssignor(maximumDelay: -5)
        let nobody = assignor.assign(
            [], work: configured("A:1"), lastCompletedGeneration: -1, generation: 1, now: 0)
        #expect(nobody.shares.isEmpty && nobody.delay == 0)
        let idle = assignor.assign(
            [member("m")], work: configured(""), lastCompletedGeneration: 1, generation: 2, now: 0)
        #expect(idle.shares.map { text($0.assigned) } == [""])
    }

    @Test func `two thousand connectors with ten thousand tasks are no burden`() {
        let connectors = (0..<2_000).map { AssignableWork.Connector(name: "connector-\($0)", taskCount: 5) }
        var story = ClusterStory("")
        story.work = AssignableWork(configOffset: 1, connectors: connectors)
        for index in 0..<9 { story.join("m\(index)") }
        let clock = ContinuousClock()
        var slowest = Duration.zero
        func round(_ now: Int64) {
            let start = clock.now
            story.compute(at: now)
            slowest = max(slowest, clock.now - start)
            for share in story.last?.shares ?? [] { story.deliver(share) }
            story.complete()
        }
        round(0)
        story.join("m9")
        round(1)
        round(2)
        #expect(story.members["m9"]?.taskCount == 1_000 && story.members["m9"]?.connectorCount == 200)
        story.leave("m3")
        round(3)
        round(300_003)
        #expect(story.members.values.reduce(0) { $0 + $1.taskCount } == 10_000)
        print("slowest round of 2000 connectors with 10000 tasks: \(slowest)")
        // Far beyond what an unoptimised build needs; an algorithm that is quadratic in the tasks needs longer.
        #expect(slowest < .seconds(10))
    }
}
