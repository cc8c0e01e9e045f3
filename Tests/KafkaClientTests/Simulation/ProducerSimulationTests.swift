import ConnectTestKit
import Testing

@Suite struct ProducerSimulationTests {
    @Test func `nothing is lost, doubled or reordered in some hundred seeds`() {
        for seed in UInt64(1)...300 {
            let outcome = ProducerSimulation.run(seed: seed)
            #expect(outcome.failure == nil, "seed \(seed)")
        }
    }

    @Test func `a seed gives the same run twice`() {
        let first = ProducerSimulation.run(seed: 42)
        let second = ProducerSimulation.run(seed: 42, isTraced: true)
        #expect(first.digest == second.digest)
        #expect(first.trace.isEmpty && !second.trace.isEmpty)
        #expect(first.digest != ProducerSimulation.run(seed: 43).digest)
    }

    @Test(arguments: ProducerSabotage.allCases)
    func `a planted fault is found within a thousand seeds`(sabotage: ProducerSabotage) {
        let finder = (UInt64(1)...1000).first { ProducerSimulation.run(seed: $0, sabotage: sabotage).failure != nil }
        #expect(finder != nil)
    }
}
