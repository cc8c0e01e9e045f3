/// A machine's seeded simulation, as `seeds` and the tests run it.
package struct Simulation: Sendable {
    /// The name on the command line.
    package let name: String
    /// Names of the faults that can be planted.
    package let sabotages: [String]
    /// Plays one seed: seed, planted fault, whether to write a trace.
    package let run: @Sendable (UInt64, String?, Bool) -> SimulationOutcome

    package init(
        name: String, sabotages: [String], run: @escaping @Sendable (UInt64, String?, Bool) -> SimulationOutcome
    ) {
        self.name = name
        self.sabotages = sabotages
        self.run = run
    }

    /// All there are.
    package static let all: [Simulation] = [producer, consumer, cluster]

    /// The idempotent producer.
    package static let producer = Simulation(
        name: "producer", sabotages: ProducerSabotage.allCases.map(\.rawValue)
    ) { seed, sabotage, isTraced in
        ProducerSimulation.run(
            seed: seed, sabotage: sabotage.flatMap { ProducerSabotage(rawValue: $0) }, isTraced: isTraced)
    }

    /// The consumer with its group.
    package static let consumer = Simulation(
        name: "consumer", sabotages: ConsumerSabotage.allCases.map(\.rawValue)
    ) { seed, sabotage, isTraced in
        ConsumerSimulation.run(
            seed: seed, sabotage: sabotage.flatMap { ConsumerSabotage(rawValue: $0) }, isTraced: isTraced)
    }

    /// Whole workers of a cluster.
    package static let cluster = Simulation(
        name: "cluster", sabotages: ClusterSabotage.allCases.map(\.rawValue)
    ) { seed, sabotage, isTraced in
        ClusterSimulation.run(
            seed: seed, sabotage: sabotage.flatMap { ClusterSabotage(rawValue: $0) }, isTraced: isTraced)
    }
}
