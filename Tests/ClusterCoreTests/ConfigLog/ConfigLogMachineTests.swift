import ClusterCore
import ConnectModel
import JSON
import Testing

@Suite struct ConfigLogMachineTests {
    private var log = ConfigLogMachine()
    private let config = ConfigMap([("name", "src"), ("connector.class", "X"), ("tasks.max", "2")])

    private mutating func read(_ records: ConfigLogRecord..., isLive: Bool = true) -> [ConfigLogEvent] {
        records.flatMap { log.apply($0, offset: log.offset + 1, isLive: isLive) }
    }

    private func task(_ number: Int32) -> ConfigLogRecord {
        .task(TaskID(connector: "src", number: number), taskConfig(number))
    }

    private func taskConfig(_ number: Int32) -> ConfigMap { ConfigMap([("task", "\(number)")]) }

    @Test mutating func `a connector appears, changes and goes`() {
        #expect(read(.connector("src", config)) == [.connectorUpdated("src")])
        #expect(log.connector("src")?.config == config)
        #expect(log.connector("src")?.targetState == .started)
        #expect(log.connectorNames == ["src"])
        #expect(read(.connector("src", nil), .targetState("src", nil)) == [.connectorRemoved("src")])
        #expect(log.connector("src") == nil)
        #expect(log.connectorNames.isEmpty)
        #expect(read(.connector("src", nil)) == [])
    }

    @Test mutating func `a name that the group's protocol cannot carry is passed over`() {
        let name = String(repeating: "x", count: 32768)
        let before = log.offset
        guard case .ignored(let key, _)? = read(.connector(name, config)).first else { return unexpected("no event") }
        #expect(key.count < 100)
        #expect(log.connectorNames.isEmpty)
        #expect(log.offset > before)
    }

    @Test mutating func `task configurations have force with their commit only`() {
        _ = read(.connector("src", config), task(0), task(1))
        #expect(log.connector("src")?.taskConfigs.isEmpty == true)
        let ids = [TaskID(connector: "src", number: 0), TaskID(connector: "src", number: 1)]
        #expect(read(.commit("src", tasks: 2)) == [.tasksUpdated("src", ids)])
        #expect(log.connector("src")?.taskConfigs == [taskConfig(0), taskConfig(1)])
        #expect(log.connector("src")?.taskGeneration == 0)
        #expect(log.connector("src")?.appliedConfig == config)
        _ = read(task(0), .commit("src", tasks: 1))
        #expect(log.connector("src")?.taskConfigs == [taskConfig(0)])
        #expect(log.connector("src")?.taskGeneration == 1)
    }

    @Test mutating func `an incomplete commit stops the tasks until a complete one heals it`() {
        _ = read(.connector("src", config), task(0), task(1), .commit("src", tasks: 2))
        #expect(read(task(0), .commit("src", tasks: 3)) == [.tasksUpdated("src", [])])
        #expect(log.connector("src")?.isInconsistent == true)
        #expect(log.connector("src")?.taskCount == 3)
        #expect(log.connector("src")?.taskConfigs.isEmpty == true)
        _ = read(task(0), .commit("src", tasks: 1))
        #expect(log.connector("src")?.isInconsistent == false)
        #expect(log.connector("src")?.taskConfigs == [taskConfig(0)])
    }

    @Test mutating func `tasks that are committed again as they are run on`() {
        _ = read(.connector("src", config), task(0), task(1), .commit("src", tasks: 2))
        let committed = log.connector("src")?.committedOffset
        #expect(read(task(0), task(1), .commit("src", tasks: 2)) == [.tasksConfirmed("src")])
        #expect(log.connector("src")?.committedOffset == committed, "assignments from before it count")
        let other = ConfigMap([("name", "src"), ("key.converter", "other")])
        _ = read(.connector("src", other))
        #expect(read(task(0), task(1), .commit("src", tasks: 2)).count == 1)
        #expect(
            log.connector("src")?.committedOffset == log.offset, "the runtime reads the connector's configuration too")
        #expect(log.connector("src")?.appliedConfig == other)
    }

    @Test mutating func `two commits of one set of tasks take it out of force`() {
        _ = read(.connector("src", config), task(0), task(0), .commit("src", tasks: 1))
        #expect(read(.commit("src", tasks: 1)) == [.tasksUpdated("src", [])])
        #expect(log.connector("src")?.isInconsistent == true)
        #expect(
            read(task(0), .commit("src", tasks: 1)) == [.tasksUpdated("src", [TaskID(connector: "src", number: 0)])])
    }

    @Test mutating func `a configuration overtakes the commit before it, and who reads afresh has no tasks`() {
        _ = read(.connector("src", config))
        #expect(log.connector("src")?.isCommitOvertaken == false, "nothing was committed")
        _ = read(task(0), .commit("src", tasks: 1))
        #expect(log.connector("src")?.isCommitOvertaken == false)
        _ = read(.connector("src", config))
        #expect(log.connector("src")?.isCommitOvertaken == true)
        // As compaction leaves it.
        log = ConfigLogMachine()
        _ = read(task(0), .commit("src", tasks: 1), .connector("src", config))
        #expect(log.connector("src")?.taskCount == nil)
        _ = read(task(0), .commit("src", tasks: 1))
        #expect(log.connector("src")?.taskConfigs == [taskConfig(0)])
        #expect(log.connector("src")?.isCommitOvertaken == false)
    }

    @Test mutating func `an assignment from before a connector was configured says nothing of its tasks`() {
        _ = read(.connector("src", config), task(0), .commit("src", tasks: 1), .connector("src", nil))
        _ = read(.connector("src", config))
        #expect(log.connector("src")?.committedOffset == log.offset)
        let configured = log.offset
        _ = read(.connector("src", config))
        #expect(log.connector("src")?.committedOffset == configured, "it is the same connector")
    }

    @Test mutating func `a commit with more tasks than it counts is complete`() {
        _ = read(.connector("src", config), task(0), task(1), task(5))
        guard case .tasksUpdated("src", let ids)? = read(.commit("src", tasks: 2)).first else {
            return unexpected("another event")
        }
        #expect(ids.map(\.number) == [0, 1, 5])
        #expect(log.connector("src")?.taskConfigs.count == 2)
    }

    @Test mutating func `a commit of no tasks empties the set`() {
        _ = read(.connector("src", config), task(0), .commit("src", tasks: 1))
        #expect(read(.commit("src", tasks: 0)) == [.tasksUpdated("src", [])])
        #expect(log.connector("src")?.taskConfigs.isEmpty == true)
        #expect(log.connector("src")?.isInconsistent == false)
    }

    @Test mutating func `a commit without its connector drops what was deferred`() {
        _ = read(task(0))
        guard case .ignored? = read(.commit("src", tasks: 1)).first else { return unexpected("another event") }
        _ = read(.connector("src", config), .commit("src", tasks: 1))
        #expect(log.connector("src")?.isInconsistent == true)
    }

    @Test mutating func `a forged number of tasks costs nothing`() {
        _ = read(.connector("src", config), .commit("src", tasks: .max))
        #expect(log.connector("src")?.isInconsistent == true)
        #expect(log.connector("src")?.taskConfigs.isEmpty == true)
    }

    @Test mutating func `fencing is pending between a commit and the count`() {
        _ = read(.connector("src", config), task(0), .commit("src", tasks: 1))
        #expect(log.connector("src")?.isFencingPending == true)
        _ = read(.taskCount("src", 1))
        #expect(log.connector("src")?.isFencingPending == false)
        #expect(log.connector("src")?.fencedTaskCount == 1)
        _ = read(.connector("src", nil), .connector("src", config))
        #expect(log.connector("src")?.fencedTaskCount == 1, "the record outlives the connector")
    }

    @Test mutating func `target states change a connector that there is`() {
        #expect(read(.targetState("src", .stopped)) == [], "not there yet")
        #expect(read(.connector("src", config)) == [.connectorUpdated("src")])
        #expect(log.connector("src")?.targetState == .stopped)
        #expect(read(.targetState("src", .stopped)) == [], "no change")
        #expect(read(.targetState("src", .paused)) == [.targetStateChanged("src")])
        #expect(read(.targetState("src", nil)) == [])
        #expect(log.connector("src")?.targetState == .started)
    }

    @Test mutating func `STOPPED is written so that older workers read PAUSED`() {
        let record = ConfigLogRecord.targetState("src", .stopped)
        #expect(record.value?.serializedString() == #"{"state":"PAUSED","state.v2":"STOPPED"}"#)
        _ = read(.connector("src", config), ConfigLogRecord(key: record.key, value: ["state": "PAUSED"]))
        #expect(log.connector("src")?.targetState == .paused)
    }

    @Test mutating func `the first reading changes the state and carries nothing out`() {
        let restart = RestartRequest(connector: "src", includeTasks: true, onlyFailed: false)
        let records: [ConfigLogRecord] = [
            .connector("src", config), .targetState("src", .paused), .restart(restart), .loggerLevel("a", "DEBUG"),
        ]
        #expect(records.flatMap { log.apply($0, offset: 0, isLive: false) } == [])
        #expect(log.connector("src")?.targetState == .paused)
        #expect(
            records.suffix(2).flatMap { log.apply($0, offset: 0, isLive: true) } == [
                .restartRequested(restart), .loggerLevel(namespace: "a", level: "DEBUG"),
            ])
    }

    @Test mutating func `the offset counts every record that could be read`() {
        #expect(log.offset == -1)
        _ = log.apply(.connector("src", config), offset: 41, isLive: true)
        #expect(log.offset == 42)
        _ = log.apply(ConfigLogRecord(key: "foreign", value: nil), offset: 50, isLive: true)
        #expect(log.offset == 51)
    }

    @Test(arguments: [
        (#"{"tasks":1} and more"#, true), (#"{"tasks":1}{"tasks":2}"#, true), (" \n", true), ("12 and more", true),
        ("nonsense", false), ("12and more", false), ("nullx", false), (#"{"tasks":1"#, false),
    ])
    func `a record counts where it does for Apache's workers`(value: String, counts: Bool) {
        let record = LogRecord(partition: 0, offset: 0, key: Array("commit-src".utf8), value: Array(value.utf8))
        #expect((ConfigLogRecord(record) != nil) == counts)
    }

    @Test mutating func `a key that is no UTF-8 is unknown and counts`() throws {
        let record = LogRecord(partition: 0, offset: 6, key: [0x63, 0xff], value: Array("{}".utf8))
        _ = log.apply(try #require(ConfigLogRecord(record)), offset: 6, isLive: true)
        #expect(log.offset == 7)
    }

    @Test mutating func `a name may begin with a mark that combines with the dash before it`() {
        let name = "\u{301}src-1"
        let id = TaskID(connector: name, number: 0)
        for key in [ConfigLogKey.connector(name), .task(id), .commit(name), .targetState(name)] {
            #expect(ConfigLogKey(key.text) == key)
        }
        #expect(read(.connector(name, config)) == [.connectorUpdated(name)])
    }

    @Test mutating func `a session key needs all its fields`() {
        let key = SessionKey(base64: "c2VjcmV0", algorithm: "HmacSHA256", createdAt: 1_700_000_000_000)
        #expect(read(.sessionKey(key)) == [.sessionKeyChanged(key)])
        _ = read(ConfigLogRecord(key: "session-key", value: ["key": "x", "algorithm": 1]))
        #expect(log.sessionKey == key)
    }

    @Test(arguments: [
        ("connector-a", "[]"), ("connector-a", #"{"properties":[]}"#), ("commit-a", #"{"tasks":-1}"#),
        ("commit-a", #"{"tasks":99999999999}"#), ("commit-a", #"{"tasks":1.5}"#), ("task-a", #"{"properties":{}}"#),
        ("task-a-x", #"{"properties":{}}"#),
        ("target-state-a", #"{"state":"DANCING"}"#), ("restart-connector-a", "7"), ("tasks-fencing-a", "{}"),
        ("something", "{}"), ("session-key", "{}"), ("logger-cluster-a", "{}"),
    ])
    mutating func `nonsense is passed over with its key`(key: String, value: String) throws {
        let before = log.connectorNames
        let events = read(ConfigLogRecord(key: key, value: try JSONValue.parse(value)), isLive: false)
        guard case .ignored(key, _)? = events.first else { return unexpected(events) }
        #expect(log.connectorNames == before)
    }

    @Test func `keys are Apache's`() {
        let keys: [(ConfigLogRecord, String)] = [
            (.connector("a-b", nil), "connector-a-b"), (.commit("a", tasks: 1), "commit-a"),
            (.task(TaskID(connector: "a-1", number: 2), ConfigMap()), "task-a-1-2"),
            (.targetState("a", nil), "target-state-a"), (.taskCount("a", 1), "tasks-fencing-a"),
            (
                .restart(RestartRequest(connector: "a", includeTasks: true, onlyFailed: true)),
                "restart-connector-a"
            ),
            (.loggerLevel("a", "INFO"), "logger-cluster-a"),
        ]
        for (record, key) in keys { #expect(record.key == key) }
        #expect(ConfigLogKey("task-a-1-2") == .task(TaskID(connector: "a-1", number: 2)))
        #expect(ConfigLogKey("restart-connector-x") == .restart("x"))
    }

    @Test mutating func `null values of a configuration stay null`() {
        let config = ConfigMap([("a", nil), ("b", "1")])
        _ = read(.connector("src", config))
        #expect(log.connector("src")?.config == config)
    }
}
