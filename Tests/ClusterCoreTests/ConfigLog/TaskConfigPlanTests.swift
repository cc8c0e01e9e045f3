import ClusterCore
import ConnectModel
import Testing

@Suite struct TaskConfigPlanTests {
    private let raw = ConfigMap([("topics", "t"), ("password", "${file:/s:p}"), ("price", "$5 {a:b}")])
    private let resolved = ConfigMap([("topics", "t"), ("password", "hush"), ("price", "$5 {a:b}")])

    private func plan(_ given: ConfigMap) -> ConfigMap? {
        TaskConfigPlan.rawConfigs([given], raw: raw, resolved: resolved, taskClass: "T").first
    }

    @Test(arguments: ["topics", "topics.regex"])
    func `a task gets its class and what its connector has of topics, whatever kind it is`(key: String) {
        let config = ConfigMap([(key, "t"), ("tasks.max", "1")])
        let configs = TaskConfigPlan.rawConfigs([ConfigMap()], raw: config, resolved: config, taskClass: "T")
        #expect(configs == [ConfigMap([("task.class", "T"), (key, "t")])])
        let bare = TaskConfigPlan.rawConfigs([ConfigMap()], raw: ConfigMap(), resolved: ConfigMap(), taskClass: "T")
        #expect(bare == [ConfigMap([("task.class", "T")])])
    }

    @Test func `no secret is stored`() {
        let config = plan(ConfigMap([("password", "hush"), ("price", "7")]))
        #expect(config?["password"] == "${file:/s:p}")
        #expect(config?["price"] == "7")
    }

    @Test(arguments: [
        ("${a:b}", true), ("x${a:b:c}y", true), ("$${a:b}", true), ("${a}", false), ("${:b}", false), ("${a:}", false),
        ("$a:b", false), ("${a:b", false), ("", false), ("${}${a:b}", true),
    ])
    func `references are recognised as Apache does`(text: String, isReference: Bool) {
        let raw = ConfigMap([("k", text)])
        let configs = TaskConfigPlan.rawConfigs(
            [ConfigMap([("k", "given")])], raw: raw, resolved: raw, taskClass: "T")
        #expect((configs.first?["k"] == text) == isReference)
    }

    private func state(_ tasks: [ConfigMap], config: ConfigMap) -> ConnectorConfigState? {
        var log = ConfigLogMachine()
        var records: [ConfigLogRecord] = [.connector("c", config)]
        for (number, task) in tasks.enumerated() {
            records.append(.task(TaskID(connector: "c", number: Int32(number)), task))
        }
        records.append(.commit("c", tasks: Int32(tasks.count)))
        for record in records { _ = log.apply(record, offset: 0, isLive: true) }
        return log.connector("c")
    }

    @Test func `tasks are replaced when their configurations or the connector's differ`() throws {
        let one = ConfigMap([("a", "1")])
        let state = try #require(self.state([one], config: raw))
        #expect(!TaskConfigPlan.differs([one], from: state))
        #expect(TaskConfigPlan.differs([], from: state))
        #expect(TaskConfigPlan.differs([one, one], from: state))
        #expect(TaskConfigPlan.differs([ConfigMap([("a", "2")])], from: state))
    }

    @Test func `a changed connector configuration replaces tasks that look the same`() throws {
        let one = ConfigMap([("a", "1")])
        var log = ConfigLogMachine()
        for record: ConfigLogRecord in [
            .connector("c", raw), .task(TaskID(connector: "c", number: 0), one), .commit("c", tasks: 1),
            .connector("c", ConfigMap([("other", "converter")])),
        ] { _ = log.apply(record, offset: 0, isLive: true) }
        let state = try #require(log.connector("c"))
        #expect(TaskConfigPlan.differs([one], from: state))
    }

    @Test func `tasks that an equal configuration has overtaken are in force, and known to be overtaken`() throws {
        let one = ConfigMap([("a", "1")])
        let tasks: [ConfigLogRecord] = [.task(TaskID(connector: "c", number: 0), one), .commit("c", tasks: 1)]
        var log = ConfigLogMachine()
        for record in [.connector("c", raw)] + tasks + [.connector("c", raw)] {
            _ = log.apply(record, offset: log.offset, isLive: true)
        }
        let overtaken = try #require(log.connector("c"))
        #expect(!TaskConfigPlan.differs([one], from: overtaken))
        #expect(overtaken.isCommitOvertaken)
        for record in tasks { _ = log.apply(record, offset: log.offset, isLive: true) }
        #expect(log.connector("c")?.isCommitOvertaken == false)
    }

    @Test func `the task's class is named after the connector's`() {
        #expect(TaskConfigPlan.taskClass(of: "a.FileStreamSourceConnector") == "a.FileStreamSourceTask")
        #expect(TaskConfigPlan.taskClass(of: "Odd") == "OddTask")
    }
}
