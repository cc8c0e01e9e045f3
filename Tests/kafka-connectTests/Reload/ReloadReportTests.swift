import ConnectModel
import Testing

@testable import kafka_connect

@Suite struct WorkerFileChangesTests {
    @Test func `keys are told apart by what becomes of them`() {
        let start = [
            "native.log.level": "INFO", "native.log.levels.a": "WARN", "config.providers": "file", "group.id": "g",
            "sasl.jaas.config": "old",
        ]
        var now = start
        now["native.log.level"] = "DEBUG"
        now["native.log.levels.a"] = nil
        now["native.log.levels.b"] = "WARN"
        now["config.providers.file.param.allowed.paths"] = "/etc"
        now["sasl.jaas.config"] = "new"
        now["listeners"] = "http://:1"
        let changes = WorkerFileChanges(start: start, before: start, now: now)
        #expect(changes.waiting == ["listeners", "sasl.jaas.config"])
        #expect(changes.providers == ["config.providers.file.param.allowed.paths"])
        let again = WorkerFileChanges(start: start, before: now, now: now)
        #expect(again.waiting == ["listeners", "sasl.jaas.config"], "until the restart it is told each time")
        #expect(again.providers == [])
        #expect(WorkerFileChanges(start: start, before: now, now: start).waiting == [], "changed back")
    }

    @Test func `one spelling of a letter is not another`() {
        let composed = ["client.id": "\u{e9}"]
        let decomposed = ["client.id": "e\u{301}"]
        #expect(WorkerFileChanges(start: composed, before: composed, now: decomposed).waiting == ["client.id"])
    }
}

@Suite struct PluginChangesTests {
    private func found(
        _ plugins: [(String, String, String)], broken: [(String, String)] = [], builds: [String: PluginBuild] = [:]
    ) -> PluginChanges.Found {
        PluginChanges.Found(
            plugins: plugins.map {
                PluginDescription(
                    className: $0.0, aliases: [], kind: .source, version: $0.1, location: $0.2, build: builds[$0.2])
            }, broken: broken.map { BrokenPlugin(location: $0.0, reason: $0.1) })
    }

    @Test func `classes and libraries are told where they differ`() {
        let before = found(
            [("A", "1", "/a.so"), ("B", "1", "/b.so"), ("C", "1", "/c.so"), ("D", "1", "/d.so")],
            broken: [("/x.so", "no ELF"), ("/y.so", "crashed")])
        let now = found(
            [("A", "1", "/a.so"), ("B", "2", "/b.so"), ("C", "1", "/other.so"), ("E", "1", "/e.so")],
            broken: [("/x.so", "no ELF"), ("/y.so", "exited"), ("/z.so", "empty")])
        let changes = PluginChanges(before: before, now: now)
        #expect(changes.added == ["E 1"])
        #expect(changes.replaced == ["B 2", "C 1"])
        #expect(changes.removed == ["D"])
        #expect(changes.broken == ["/y.so: exited", "/z.so: empty"])
        #expect(changes.otherClasses == ["B", "C"])
        #expect(changes.rebuilt == [] && changes.overwritten == [])
        #expect(PluginChanges(before: now, now: now) == PluginChanges())
    }

    @Test func `a library that is another build of the same version is told`() {
        let classes = [("A", "1", "/a.so"), ("B", "1", "/a.so"), ("C", "1", "/c.so"), ("D", "1", "/d.so")]
        let build = PluginBuild(file: "8:1", content: "100:1")
        let before = found(classes, builds: ["/a.so": build, "/c.so": build, "/d.so": build])
        let renamed = PluginBuild(file: "8:2", content: "100:1")
        let written = PluginBuild(file: "8:1", content: "100:2")
        let now = found(classes, builds: ["/a.so": renamed, "/c.so": written, "/d.so": build])
        let changes = PluginChanges(before: before, now: now)
        #expect(changes.rebuilt == ["/a.so", "/c.so"] && changes.replaced == [])
        #expect(changes.overwritten == ["/c.so"])
        #expect(changes.otherClasses == ["A", "B", "C"])
        #expect(PluginChanges(before: now, now: now) == PluginChanges())
        // The same with another version: whoever writes over a loaded library has to restart the worker.
        let newer = found([("C", "2", "/c.so")], builds: ["/c.so": written])
        let inPlace = PluginChanges(before: before, now: newer)
        #expect(inPlace.replaced == ["C 2"] && inPlace.rebuilt == [] && inPlace.overwritten == ["/c.so"])
    }
}

@Suite struct ReloadReportTests {
    @Test func `a reload that changed nothing says so`() {
        #expect(ReloadReport().details == "nothing changed")
        #expect(ReloadReport().summary == "nothing changed")
    }

    @Test func `the log names, STATUS counts`() {
        var report = ReloadReport()
        report.loggers = ["connect.task (DEBUG)"]
        report.added = ["orders"]
        report.removed = ["a", "b"]
        report.failures = 2
        report.waiting = ["a.b", "c", "d", "e"]
        #expect(
            report.details
                == "log levels of connect.task (DEBUG); connectors added: orders; connectors removed: a, b; "
                + "2 failures, told above")
        #expect(
            report.summary
                == "1 log level changed, 1 connector added, 2 connectors removed, 2 failures, restart needed for a.b, c, d, "
                + "and 1 more")
    }

    @Test func `libraries of the same version, and who runs on with an old one, are told`() {
        let before = PluginDescription(
            className: "A", aliases: [], kind: .source, version: "1", location: "/a.so",
            build: PluginBuild(file: "1", content: "1"))
        let now = PluginDescription(
            className: "A", aliases: [], kind: .source, version: "1", location: "/a.so",
            build: PluginBuild(file: "1", content: "2"))
        let report = ReloadReport(
            plugins: PluginChanges(
                before: PluginChanges.Found(plugins: [before], broken: []),
                now: PluginChanges.Found(plugins: [now], broken: [])), outdated: ["x"])
        #expect(report.details == "plugin libraries replaced by others of the same version: /a.so")
        #expect(
            report.summary
                == "1 plugin library of the same version replaced, restart of the worker needed for /a.so, "
                + "with their old library until a restart x")
    }

    @Test func `a refusal is all that is told`() {
        #expect(ReloadReport(refusal: "w.yaml:3:1: error: x").summary == "w.yaml:3:1: error: x")
    }

    @Test(arguments: [
        (Int64(0), "00:00:00 UTC"), (86_399_999, "23:59:59 UTC"), (1_767_225_723_004, "00:02:03 UTC"),
        (-1, "23:59:59 UTC"),
    ])
    func `times of day are of UTC`(milliseconds: Int64, text: String) {
        // Milliseconds before 1970 only have to be told without a trap.
        if milliseconds >= 0 { #expect(ClockTime.text(wallMilliseconds: milliseconds) == text) }
        #expect(ClockTime.text(wallMilliseconds: milliseconds).hasSuffix(" UTC"))
    }
}

@Suite struct LocalRestartTests {
    private func status(_ connector: InstanceState, on worker: String, tasks: [(InstanceState, String)])
        -> ConnectorStatus
    {
        ConnectorStatus(
            name: "c", connector: InstanceStatus(state: connector, workerID: worker),
            tasks: tasks.enumerated().map {
                .init(number: Int32($0), status: InstanceStatus(state: $1.0, workerID: $1.1))
            }, kind: .source)
    }

    private func texts(_ status: ConnectorStatus?) -> [String] {
        LocalRestart.parts(status, worker: "a:1").map { part in
            switch LocalRestart.command(part) {
            case .restartConnector(let name, includeTasks: false, onlyFailed: false): name
            case .restartTask(let task): "\(task)"
            default: "?"
            }
        }
    }

    @Test func `only what runs on this worker is restarted`() {
        #expect(
            texts(
                status(
                    .running, on: "a:1",
                    tasks: [(.running, "a:1"), (.running, "b:1"), (.failed, "a:1"), (.unassigned, "a:1")]))
                == ["c", "c-0", "c-2"])
        #expect(texts(status(.running, on: "b:1", tasks: [(.running, "a:1")])) == ["c-0"])
        #expect(texts(nil) == [])
    }

    @Test func `what has no instance needs no restart`() {
        #expect(texts(status(.stopped, on: "a:1", tasks: [])) == [])
        #expect(texts(status(.paused, on: "a:1", tasks: [(.paused, "a:1")])) == ["c-0"])
    }
}
