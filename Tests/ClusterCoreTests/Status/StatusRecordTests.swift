import ClusterCore
import ConnectModel
import Testing

@Suite struct StatusRecordTests {
    private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

    private func read(_ key: String, _ value: String?) -> StatusRecord? {
        StatusRecord(key: utf8(key), value: value.map(utf8))
    }

    @Test func `statuses are written as Apache writes them`() {
        let running = InstanceStatus(state: .running, workerID: "host:8083", generation: 7, version: "4.3.1")
        let connector = StatusRecord.connector("src", running).entry
        #expect(connector.key == utf8("status-connector-src"))
        #expect(
            connector.value
                == utf8(#"{"state":"RUNNING","trace":null,"worker_id":"host:8083","generation":7,"version":"4.3.1"}"#))
        let failed = InstanceStatus(state: .failed, trace: "a\n\tb", workerID: "h:1", generation: -1)
        let task = StatusRecord.task(TaskID(connector: "my-src", number: 12), failed).entry
        #expect(task.key == utf8("status-task-my-src-12"))
        #expect(
            task.value
                == utf8(#"{"state":"FAILED","trace":"a\n\tb","worker_id":"h:1","generation":-1,"version":null}"#))
        let topic = StatusRecord.topic(
            "orders", connector: "src", .init(task: 0, discoveredAt: 1_700_000_000_000)
        ).entry
        #expect(topic.key == utf8("status-topic-orders:connector-src"))
        #expect(
            topic.value
                == utf8(
                    #"{"topic":{"name":"orders","connector":"src","task":0,"discoverTimestamp":1700000000000}}"#))
    }

    @Test func `what is written is read back`() {
        let status = InstanceStatus(
            state: .paused, trace: "ü\u{1F600}", workerID: "h:1", generation: 3, version: "1")
        let records: [StatusRecord] = [
            .connector("a", status), .task(TaskID(connector: "a-1", number: 0), status), .connector("a", nil),
            .task(TaskID(connector: "a", number: 4), nil), .topic("t", connector: "a:connector-b", nil),
            .topic("t.x", connector: "\u{301}c", .init(task: 2, discoveredAt: 5)), .connector("\u{301}c", nil),
        ]
        for record in records {
            let entry = record.entry
            #expect(StatusRecord(key: entry.key, value: entry.value) == record)
        }
    }

    @Test func `records of workers that write no version are read, and so are fields that come later`() {
        let old = #"{"state":"STOPPED","trace":null,"worker_id":"h:1","generation":7}"#
        let new = #" {"later":[1],"generation":07,"worker_id":"h:1","state":"STOPPED"}"#
        let expected = StatusRecord.connector("c", InstanceStatus(state: .stopped, workerID: "h:1", generation: 7))
        #expect(read("status-connector-c", old) == expected)
        #expect(read("status-connector-c", new) == expected)
    }

    @Test(arguments: [
        "", "null", "7", "[]", "{", #"{"state":"RUNNING"}"#,
        #"{"state":"DESTROYED","worker_id":"h","generation":1}"#,
        #"{"state":"running","worker_id":"h","generation":1}"#,
        #"{"state":"RUNNING","worker_id":null,"generation":1}"#,
        #"{"state":"RUNNING","worker_id":"h","generation":"1"}"#,
        #"{"state":"RUNNING","worker_id":"h","generation":1.0}"#,
        #"{"state":"RUNNING","worker_id":"h","generation":1,"trace":5}"#,
        #"{"state":"RUNNING","worker_id":"h","generation":1,"version":{}}"#,
    ])
    func `values that are no status are left out`(value: String) {
        #expect(read("status-connector-c", value) == nil)
        #expect(read("status-task-c-0", value) == nil)
    }

    @Test(arguments: [
        "", "null", #"{"topic":null}"#, #"{"topic":{"name":"t","connector":"c","task":0}}"#,
        #"{"topic":{"name":"t","connector":"c","task":"0","discoverTimestamp":1}}"#,
    ])
    func `values that are no topic's are left out`(value: String) {
        #expect(read("status-topic-t:connector-c", value) == nil)
    }

    @Test(arguments: [
        "", "status-", "status-connector-", "status-task-", "status-task-c", "status-task-c-", "status-task-c-x",
        "status-task-c-99999999999", "status-topic-t", "status-topic-:connector-c", "status-topic-t:connector-",
        "status-topic-t:connector", "status-topic-t:c", "session-key",
    ])
    func `keys that are none are left out`(key: String) {
        #expect(StatusKey(key) == nil && read(key, nil) == nil)
    }

    @Test func `a task's number stands behind the last dash, a topic ends at the first colon`() {
        #expect(StatusKey("status-task-a-1-2") == .task(TaskID(connector: "a-1", number: 2)))
        #expect(StatusKey("status-topic-a-b:connector-c:connector-d") == .topic("a-b", connector: "c:connector-d"))
        #expect(StatusKey("status-connector-topic-x") == .connector("topic-x"))
    }
}
