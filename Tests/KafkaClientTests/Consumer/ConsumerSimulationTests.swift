import ConnectTestKit
import Testing

/// The seeds themselves run in a release build (`seeds consumer`); here only that the simulation does what it promises.
@Suite struct ConsumerSimulationTests {
    @Test func `some seeds hold every rule`() {
        for seed in 1...40 as ClosedRange<UInt64> {
            let outcome = ConsumerSimulation.run(seed: seed)
            #expect(outcome.failure == nil, "seed \(seed)")
        }
    }

    @Test func `a seed plays the same every time`() {
        #expect(ConsumerSimulation.run(seed: 11).digest == ConsumerSimulation.run(seed: 11).digest)
        #expect(ConsumerSimulation.run(seed: 11).digest != ConsumerSimulation.run(seed: 12).digest)
    }

    @Test(arguments: ConsumerSabotage.allCases)
    func `a planted fault is found`(sabotage: ConsumerSabotage) {
        let found = (1...100 as ClosedRange<UInt64>).contains {
            ConsumerSimulation.run(seed: $0, sabotage: sabotage).failure != nil
        }
        #expect(found)
    }
}
