/// Instances that were never started: a worker that is stopped, or a connector that is paused, has such.
enum CreatedChecks {
    private static let needs = ["load", "description", "functions", ConnectorChecks.classCheck]

    static let all = [
        Check(
            "connector.created", "a connector that was never started is interrupted and destroyed", .connector,
            needs: needs
        ) { (subject) throws(CheckEnd) in
            let bench = try Bench(subject)
            try run { () throws(CheckEnd) in try bench.connector() }
        },
        Check(
            "task.created", "a task that was never started is interrupted and destroyed", .connector, needs: needs
        ) { (subject) throws(CheckEnd) in
            let bench = try Bench(subject)
            try run { () throws(CheckEnd) in bench.isSource ? try bench.sourceTask() : try bench.sinkTask() }
        },
    ]

    private static func run(_ make: () throws(CheckEnd) -> Instance) throws(CheckEnd) {
        try make().destroy()
        let instance = try make()
        instance.interrupt("before start")
        instance.destroy()
    }
}
