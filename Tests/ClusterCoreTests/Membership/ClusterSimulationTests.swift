import ConnectTestKit
import Testing

/// The seeds themselves run in a release build (`seeds cluster`); here only that the simulation does what it promises.
@Suite struct ClusterSimulationTests {
    @Test func `some seeds hold every rule`() {
        var judged = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            let outcome = ClusterSimulation.run(seed: seed)
            #expect(outcome.failure == nil, "seed \(seed)")
            judged += outcome.judged
        }
        #expect(
            judged >= 40, "of most connectors it is known what has to hold in the end, whatever was lost and killed")
    }

    @Test func `a seed plays the same every time`() {
        #expect(ClusterSimulation.run(seed: 11).digest == ClusterSimulation.run(seed: 11).digest)
        #expect(ClusterSimulation.run(seed: 11).digest != ClusterSimulation.run(seed: 12).digest)
    }

    @Test func `a failing seed tells what came before`() throws {
        let outcome = try #require(
            (1...100 as ClosedRange<UInt64>).lazy.map { ClusterSimulation.run(seed: $0, sabotage: .doubledTask) }
                .first { $0.failure != nil })
        #expect(outcome.failure?.contains("µs") == true)
    }

    @Test(arguments: ClusterSabotage.allCases)
    func `a planted fault is found`(sabotage: ClusterSabotage) {
        let found = (1...1000 as ClosedRange<UInt64>).contains {
            ClusterSimulation.run(seed: $0, sabotage: sabotage).failure != nil
        }
        #expect(found)
    }

    @Test func `what is undone later is found by nothing but what clients were told`() throws {
        let failures = (41...100 as ClosedRange<UInt64>)
            .compactMap { ClusterSimulation.run(seed: $0, sabotage: .lateRepeat).failure }
        #expect(failures.count >= 5)
        for failure in failures { #expect(failure.contains(" was told as done, and there is ")) }
    }
}
