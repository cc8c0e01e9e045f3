internal import ConnectTestKit
internal import Glibc

/// `seeds consumer`: plays seeds of the consumer's simulation.
enum ConsumerSeeds {
    private static let usage = """
        usage: seeds consumer [--from A] [--count N] [--sabotage NAME] | --seed S [--sabotage NAME] [--trace]
               seeds consumer --planted-bugs

        """

    /// Runs the command; the exit code.
    static func run(_ arguments: ArraySlice<String>) -> Int32 {
        var first: UInt64 = 1
        var count: UInt64 = 1000
        var sabotage: ConsumerSabotage?
        var isTraced = false
        var rest = arguments
        while let option = rest.popFirst() {
            if option == "--planted-bugs" { return findPlantedBugs() }
            if option == "--trace" {
                isTraced = true
                continue
            }
            guard let value = rest.popFirst() else { return misused("\(option) needs a value") }
            switch (option, UInt64(value)) {
            case ("--from", let number?): first = number
            case ("--count", let number?): count = number
            case ("--seed", let number?): (first, count) = (number, 1)
            case ("--sabotage", _):
                guard let named = ConsumerSabotage(rawValue: value) else {
                    let names = ConsumerSabotage.allCases.map(\.rawValue).joined(separator: ", ")
                    return misused("no such fault: \(value); there are \(names)")
                }
                sabotage = named
            default: return misused("unknown option or value: \(option) \(value)")
            }
        }
        return play(first: first, count: count, sabotage: sabotage, isTraced: isTraced)
    }

    private static func play(first: UInt64, count: UInt64, sabotage: ConsumerSabotage?, isTraced: Bool) -> Int32 {
        var digest = Digest()
        var steps = 0
        let begin = ContinuousClock.now
        var seed = first
        for _ in 0..<count {
            let outcome = ConsumerSimulation.run(seed: seed, sabotage: sabotage, isTraced: isTraced)
            digest.add(outcome.digest.value)
            steps += outcome.steps
            if isTraced { write(outcome.trace.joined(separator: "\n") + "\n") }
            if let failure = outcome.failure {
                write("seed \(seed): \(failure)\n  replay: seeds consumer --seed \(seed) --trace\n")
                return 1
            }
            seed &+= 1
        }
        let spent = begin.duration(to: .now)
        let microseconds = spent.components.seconds * 1_000_000 + spent.components.attoseconds / 1_000_000_000_000
        write(
            "consumer: \(count) seeds from \(first), \(steps) events, digest \(digest), "
                + "\(microseconds / Int64(max(count, 1))) µs a seed\n")
        return 0
    }

    /// Every planted fault must be found within a thousand seeds.
    private static func findPlantedBugs() -> Int32 {
        var isComplete = true
        for sabotage in ConsumerSabotage.allCases {
            var found: UInt64?
            for seed in 1...1000 as ClosedRange<UInt64> where found == nil {
                if ConsumerSimulation.run(seed: seed, sabotage: sabotage).failure != nil { found = seed }
            }
            isComplete = isComplete && found != nil
            write("consumer: \(sabotage.rawValue): \(found.map { "found by seed \($0)" } ?? "NOT FOUND")\n")
        }
        return isComplete ? 0 : 1
    }

    private static func misused(_ problem: String) -> Int32 {
        write("seeds: \(problem)\n\(usage)")
        return 2
    }

    private static func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(1, bytes.baseAddress.map { $0 + sent }, bytes.count - sent)
                if count <= 0 { return }
                sent += count
            }
        }
    }
}
