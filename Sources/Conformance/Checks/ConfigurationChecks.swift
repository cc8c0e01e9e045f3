import ConnectABI
import ConnectModel
import Settings

/// Configurations that cannot work: an answer, a text, and nothing left behind.
enum ConfigurationChecks {
    private static let needs = ["load", "description", "functions", ConnectorChecks.classCheck]

    static let all = [
        Check(
            "connector.config", "a connector answers unusable configurations with a status and a text", .connector,
            needs: needs
        ) {
            (subject) throws(CheckEnd) in
            try run(subject, isTask: false)
        },
        Check(
            "task.config", "a task answers unusable configurations with a status and a text", .connector, needs: needs
        ) {
            (subject) throws(CheckEnd) in
            try run(subject, isTask: true)
        },
    ]

    private static func run(_ subject: Check.Subject, isTask: Bool) throws(CheckEnd) {
        let bench = try Bench(subject)
        let configs = bad(bench)
        var refused: [[ConfigPair]] = []
        for config in configs where try start(bench, config, isTask) { refused.append(config) }
        // The room for the text is the caller's to choose.
        for capacity in [16, 1, 0] {
            let tight = try Bench(subject, HostShape(errorCapacity: capacity))
            for config in refused.prefix(3) { _ = try start(tight, config, isTask) }
        }
        subject.session.note("\(refused.count) of \(configs.count) were refused")
    }

    /// - Returns: whether it was refused.
    private static func start(_ bench: Bench, _ config: [ConfigPair], _ isTask: Bool) throws(CheckEnd) -> Bool {
        let instance: Instance
        if !isTask {
            instance = try bench.connector()
        } else if bench.isSource {
            instance = try bench.sourceTask()
        } else {
            instance = try bench.sinkTask()
        }
        let answer = instance.start(config)
        // A failed start leaves an instance that may be interrupted, and is destroyed without a stop.
        if answer.isOK { instance.stop() } else { instance.interrupt("after a start that failed") }
        instance.destroy()
        return !answer.isOK
    }

    /// Configurations without any key, without a required one, and with values of other types.
    private static func bad(_ bench: Bench) -> [[ConfigPair]] {
        var configs: [[ConfigPair]] = [[], [ConfigPair(key: "", value: "")]]
        let base = bench.config
        for key in bench.table.keys where key.isRequired { configs.append(base.filter { $0.key != key.name }) }
        for key in bench.table.keys {
            for value in wrong(key) {
                configs.append(base.filter { $0.key != key.name } + [ConfigPair(key: key.name, value: value)])
            }
        }
        return configs
    }

    private static func wrong(_ key: SettingKey) -> [String] {
        switch key.type {
        case .boolean: return ["perhaps", ""]
        case .int, .short, .long, .double:
            return ["many", "", "-1", "0", "99999999999999999999999", "1e400", " 7 ", "0x10"]
        case .list: return ["", ",", String(repeating: "a,", count: 2000)]
        // A text may be anything; it is not to break whoever reads it. Slashes would make files elsewhere.
        case .string, .class, .password:
            return ["", String(repeating: "ä", count: 5000), "/no/such/place/%s%n/\u{1F600}"]
        }
    }
}
