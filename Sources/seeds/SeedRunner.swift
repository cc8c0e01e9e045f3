internal import ConnectTestKit
internal import Glibc

/// The command: which machine, which seeds, which planted fault.
enum SeedRunner {
    private static let usage = """
        usage: seeds NAME [--from A] [--count N] [--sabotage FAULT] [--most-microseconds M]
               | NAME --seed S [--sabotage FAULT] [--trace] | NAME --planted-bugs
        Plays seeded simulations, prints the digest of all runs and the processor time of one. Exit codes: 0 every rule
        held, 1 a seed broke a rule (it is printed), 2 wrong usage, 3 every rule held and they took more processor time than
        --most-microseconds each. With --planted-bugs each fault is planted in turn and must be found within 1000 seeds, and there
        must be \(fewestFaults) of them, else 1. There are \(Simulation.all.map(\.name).joined(separator: ", ")).

        """

    /// A simulation in which hardly anything can be planted proves little by finding it all.
    private static let fewestFaults = 5

    private struct Options {
        var first: UInt64 = 1
        var count: UInt64 = 1000
        var sabotage: String?
        var mostMicroseconds: UInt64?
        var isTraced = false
    }

    /// Runs the command; the exit code.
    static func run(_ arguments: [String]) -> Int32 {
        guard let simulation = Simulation.all.first(where: { $0.name == arguments.first }) else {
            return misused("name a simulation first")
        }
        var options = Options()
        var rest = arguments.dropFirst()
        while let option = rest.popFirst() {
            if option == "--planted-bugs" { return findPlantedBugs(simulation) }
            if option == "--trace" {
                options.isTraced = true
                continue
            }
            guard let value = rest.popFirst() else { return misused("\(option) needs a value") }
            switch (option, UInt64(value)) {
            case ("--from", let number?): options.first = number
            case ("--count", let number?): options.count = number
            case ("--most-microseconds", let number?): options.mostMicroseconds = number
            case ("--seed", let number?): (options.first, options.count) = (number, 1)
            case ("--sabotage", _):
                guard simulation.sabotages.contains(value) else {
                    let names = simulation.sabotages.joined(separator: ", ")
                    return misused("no such fault: \(value); there are \(names)")
                }
                options.sabotage = value
            default: return misused("unknown option or value: \(option) \(value)")
            }
        }
        return play(simulation, options)
    }

    private static func play(_ simulation: Simulation, _ options: Options) -> Int32 {
        var digest = Digest()
        var (steps, judged) = (0, 0)
        let begin = processorMicroseconds()
        var seed = options.first
        for _ in 0..<options.count {
            let outcome = simulation.run(seed, options.sabotage, options.isTraced)
            digest.add(outcome.digest.value)
            steps += outcome.steps
            judged += outcome.judged
            if options.isTraced { write(outcome.trace.joined(separator: "\n") + "\n") }
            if let failure = outcome.failure {
                write("seed \(seed): \(failure)\n  replay: seeds \(simulation.name) --seed \(seed) --trace\n")
                return 1
            }
            seed &+= 1
        }
        let each = (processorMicroseconds() - begin) / max(options.count, 1)
        write(
            "\(simulation.name): \(options.count) seeds from \(options.first), \(steps) events, digest \(digest), "
                + (judged > 0 ? "\(judged) last wishes held, " : "") + "\(each) µs of processor time a seed\n")
        if let most = options.mostMicroseconds, each > most {
            write("\(simulation.name): a seed may take \(most) µs\n")
            return 3
        }
        return 0
    }

    /// What this process has used: a machine that does other things as well changes little of it.
    private static func processorMicroseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }

    private static func findPlantedBugs(_ simulation: Simulation) -> Int32 {
        var isComplete = simulation.sabotages.count >= fewestFaults
        if !isComplete {
            write("\(simulation.name): only \(simulation.sabotages.count) faults can be planted, of \(fewestFaults)\n")
        }
        for sabotage in simulation.sabotages {
            let finder = (1...1000).first { simulation.run($0, sabotage, false).failure != nil }
            guard let finder else {
                write("\(simulation.name): planted \(sabotage) was not found within 1000 seeds\n")
                isComplete = false
                continue
            }
            write("\(simulation.name): planted \(sabotage) found by seed \(finder)\n")
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
