import ClusterCore
import ConnectModel
import Testing

/// Random lives of a cluster against Apache's own assignor. Needs KAFKA_HOME and a Java development kit; a failure names
/// its seed.
@Suite(.enabled(if: Apache.noJudge == nil, "KAFKA_HOME and a Java development kit"))
struct ApacheAssignorTests {
    private static let seeds: Range<UInt64> = 0..<250

    private func line(_ story: ClusterStory, at now: Int64) -> String {
        let work = story.work.connectors.map { "\($0.name):\($0.taskCount)" }.joined(separator: "+")
        let members = story.members.entries.map { entry in
            let tasks = entry.value.tasks.map(\.description).joined(separator: "+")
            return "\(entry.key)/\(entry.value.connectorNames.joined(separator: "+"))/\(tasks)"
        }
        let words = ["round", "\(story.lastCompleted)", "\(story.generation + 1)", "\(now)", work] + members
        return words.joined(separator: " ")
    }

    private func text(_ assignment: ClusterAssignment) -> String {
        func parts(_ work: WorkSet) -> String {
            let tasks = work.sorted().tasks.map(\.description).joined(separator: "+")
            return "\(work.connectorNames.sorted().joined(separator: "+"))/\(tasks)"
        }
        let shares = assignment.shares.map { "\($0.memberID)/\(parts($0.assigned))/\(parts($0.revoked))" }
        return ([String(assignment.delay)] + shares).joined(separator: " ")
    }

    private func change(_ story: inout ClusterStory, _ generator: inout SeededGenerator) {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<3:
            story.join("m\(Int.random(in: 0...9, using: &generator))")
        case 3..<5:
            guard story.members.count > 1, let id = story.members.keys.randomElement(using: &generator) else { return }
            story.leave(id)
        case 5..<7:
            let names = ["A", "B", "C", "D"].prefix(Int.random(in: 1...4, using: &generator))
            story.work = configured(
                names.map { "\($0):\(Int.random(in: 0...6, using: &generator))" }.joined(separator: " "))
        case 7:
            // Somebody holds what another one has, or what nobody asked for.
            guard let id = story.members.keys.randomElement(using: &generator) else { return }
            let stray = work("A A-\(Int.random(in: 0...6, using: &generator)) C-1")
            story.deliver(.init(memberID: id, assigned: stray, revoked: WorkSet()))
        default: break
        }
    }

    @Test func `every round of random clusters is decided as Apache decides it`() throws {
        let judge = try Apache.judge()
        defer { judge.close() }
        for seed in Self.seeds {
            var generator = SeededGenerator(seed: seed)
            let delays: [Int32] = [0, 1, 500, 300_000]
            let delay = delays.randomElement(using: &generator) ?? 0
            var story = ClusterStory(maximumDelay: delay, "A:3 B:2")
            story.join("m0")
            #expect(try judge.ask("new \(delay)") == "ok")
            var now: Int64 = 1_000
            for step in 0..<25 {
                change(&story, &generator)
                // Mostly at the end of a delay, sometimes in the middle of one.
                let wait = max(0, Int64(story.delay))
                now += Bool.random(using: &generator) ? wait : Int64.random(in: 0...wait + 50, using: &generator)
                let request = line(story, at: now)
                let answer = try judge.ask(request)
                let ours = story.compute(at: now)
                try #require(text(ours) == answer, "seed \(seed), step \(step): \(request)")
                if Int.random(in: 0..<12, using: &generator) == 0 { continue }
                for share in ours.shares where Int.random(in: 0..<15, using: &generator) > 0 { story.deliver(share) }
                story.complete()
            }
        }
    }
}
