/// How a seeded run ended.
package struct SimulationOutcome: Sendable {
    /// The seed of the run.
    package let seed: UInt64
    /// Fingerprint of all that the machine did.
    package let digest: Digest
    /// What was broken; nil when every rule held.
    package let failure: String?
    /// One line a step, empty unless asked for.
    package let trace: [String]
    /// How many events were played.
    package let steps: Int
    /// How many outcomes the rules of the end were held against, where they have no say in some; 0 where all are looked at anyway.
    package let judged: Int

    package init(
        seed: UInt64, digest: Digest, failure: String?, trace: [String], steps: Int, judged: Int = 0
    ) {
        self.seed = seed
        self.digest = digest
        self.failure = failure
        self.trace = trace
        self.steps = steps
        self.judged = judged
    }
}
