import ConnectABI
import Glibc
import Settings

/// Connectors: the part that both kinds have.
enum ConnectorChecks {
    /// The one that finds the class out.
    static let classCheck = "class"
    private static let needs = ["load", "description", "functions", classCheck]

    static let all = [
        Check(
            classCheck, "the class is there, and is one that a worker runs", .connector,
            needs: ["load", "description", "functions"]
        ) {
            (subject) throws(CheckEnd) in
            try findClass(subject)
        },
        Check(
            "connector", "a connector starts, gives configurations of at most max_tasks tasks, and stops", .connector,
            needs: needs
        ) {
            (subject) throws(CheckEnd) in
            try life(subject)
        },
        Check("connector.questions", "a connector that was never started answers questions", .connector, needs: needs) {
            (subject) throws(CheckEnd) in
            try questions(subject)
        },
        Check(
            "connector.rounds", "making and destroying connectors again and again leaves nothing behind", .connector,
            needs: needs
        ) {
            (subject) throws(CheckEnd) in
            let bench = try Bench(subject)
            try Rounds.run(bench, .connector) { (context) throws(CheckEnd) in
                let connector = try bench.connector(context)
                try bench.started(connector, bench.config)
                _ = connector.taskConfigs(2)
                connector.stop()
                connector.destroy()
            }
        },
    ]

    private static func findClass(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        guard bench.isSource || bench.kcClass.pointee.kind == Int32(KC_CLASS_SINK) else {
            throw .skip("no worker runs classes of kind \(bench.kcClass.pointee.kind) yet")
        }
        subject.session.kind(isSource: bench.isSource)
        let guessed = bench.isGuessed ? ", configuration guessed" : ""
        subject.session.note(
            "\(bench.isSource ? "source" : "sink") \(StringCheck.text(bench.kcClass.pointee.name))\(guessed)")
    }

    private static func life(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let static1 = bench.library.checksum
        let before = ProcessState()
        let connector = try bench.connector()
        try bench.started(connector, bench.config)
        for most: Int32 in [1, 3, 1] { _ = connector.taskConfigs(most) }
        if connector.canReconfigure {
            let answer = connector.reconfigure(bench.config)
            if answer.isFatal {
                subject.session.problem(
                    "connector: reconfigure refuses the configuration that start took: \(answer.text)")
            }
            _ = connector.taskConfigs(2)
        }
        connector.stop()
        if let interruption = connector.interruption {
            bench.session.call("interrupt of the connector after stop") { interruption() }
        }
        connector.destroy()
        Aftermath.check(bench, before)
        if bench.library.checksum != static1 {
            subject.session.problem(
                "the description has changed since the library was loaded: everything in it is static")
        }
    }

    private static func questions(_ subject: Check.Subject) throws(CheckEnd) {
        let bench = try Bench(subject)
        let connector = try bench.connector()
        let empty: [ConfigPair] = []
        for config in [bench.config, empty] {
            connector.validate(config, key: nil)
            connector.validate(config, key: bench.table.keys.first?.name ?? "name")
            connector.validate(config, key: "no.such.key")
            connector.askSupport(config)
            connector.alterOffsets(config, [], [])
            connector.alterOffsets(
                config,
                [
                    (.map([.text("no such"), .text("partition")]), .map([.text("no such"), .int64(7)])),
                    (.map([.text("no such"), .text("partition")]), .null), (.null, .null),
                    (.map([]), .map([.text(""), .null])),
                ], [0, Int64.max, nil])
        }
        connector.destroy()
    }
}

/// What is looked at once everything was destroyed.
enum Aftermath {
    /// - Parameter before: the process before the first instance was made.
    static func check(_ bench: Bench, _ before: ProcessState) {
        // A thread that still calls the host shows itself now.
        let threads = ProcessState.threadsAfter(before.threads)
        let after = ProcessState()
        for change in before.changes(after) { bench.session.problem("an instance \(change)") }
        for problem in ChildProcesses.problems(of: "an instance") { bench.session.problem(problem) }
        if threads > before.threads {
            // One may serve all instances of the library; what grows is found by the rounds.
            bench.session.note("\(threads - before.threads) threads stay after the instance was destroyed")
        }
    }
}
