import ClusterCore
import ConnectModel
import Testing

@Suite struct StatusTableTests {
    private var table = StatusTable(workerID: "me")
    private let task = TaskID(connector: "c", number: 0)

    private func status(_ state: InstanceState, _ worker: String = "me", _ generation: Int32 = 0) -> InstanceStatus {
        InstanceStatus(state: state, workerID: worker, generation: generation)
    }

    @Test mutating func `a connector's first status makes it visible, tasks in order`() {
        table.putTask(TaskID(connector: "c", number: 10), status(.running), carefully: false)
        table.putTask(TaskID(connector: "c", number: 2), status(.failed), carefully: false)
        #expect(table.status("c", kind: .sink) == nil)
        table.putConnector("c", status(.running), carefully: false)
        #expect(table.status("c", kind: .sink)?.tasks.map(\.number) == [2, 10])
        #expect(table.task(TaskID(connector: "c", number: 2))?.state == .failed)
    }

    @Test mutating func `a removed connector takes its tasks and topics with it`() {
        table.putConnector("c", status(.running), carefully: false)
        table.putTask(task, status(.running), carefully: false)
        table.putTopic("t", by: task)
        table.removeConnector("c")
        #expect(table.task(task) == nil && table.connector("c") == nil && table.topics("c").isEmpty)
    }

    @Test mutating func `a removed task leaves the others`() {
        table.putConnector("c", status(.running), carefully: false)
        table.putTask(task, status(.running), carefully: false)
        table.removeTask(task)
        #expect(table.status("c", kind: .source)?.tasks.isEmpty == true)
        table.removeTask(TaskID(connector: "unknown", number: 0))
        #expect(table.connector("unknown") == nil)
    }

    @Test mutating func `a careful write yields to a later generation of another worker`() {
        table.putTask(task, status(.running, "other", 5), carefully: false)
        #expect(table.putTask(task, status(.failed, "me", 4), carefully: true) == false)
        #expect(table.putTask(task, status(.failed, "me", 5), carefully: true) == true)
        #expect(table.putTask(task, status(.running, "me", 3), carefully: true) == true, "over its own")
    }

    @Test mutating func `a stale UNASSIGNED does not cover another worker's RUNNING`() {
        table.putTask(task, status(.running, "other", 5), carefully: false)
        #expect(table.putTask(task, status(.unassigned, "me", 5), carefully: false) == false)
        table.putTask(task, status(.running, "me", 5), carefully: false)
        #expect(table.putTask(task, status(.unassigned, "me", 5), carefully: true) == true)
    }

    @Test mutating func `topics are told once and forgotten on request`() {
        #expect(table.putTopic("b", by: task) == true)
        #expect(table.putTopic("b", by: TaskID(connector: "c", number: 1)) == false)
        #expect(table.putTopic("a", by: task) == true)
        #expect(table.topics("c") == ["a", "b"])
        table.resetTopics("c")
        #expect(table.topics("c").isEmpty)
    }
}
