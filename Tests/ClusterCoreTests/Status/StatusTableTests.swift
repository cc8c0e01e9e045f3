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
        table.read(.task(TaskID(connector: "c", number: 10), status(.running)))
        table.read(.task(TaskID(connector: "c", number: 2), status(.failed)))
        #expect(table.status("c", kind: .sink) == nil)
        table.read(.connector("c", status(.running)))
        #expect(table.status("c", kind: .sink)?.tasks.map(\.number) == [2, 10])
        #expect(table.task(TaskID(connector: "c", number: 2))?.state == .failed)
    }

    @Test mutating func `a removed connector takes its tasks and topics with it`() {
        table.read(.connector("c", status(.running)))
        table.read(.task(task, status(.running)))
        table.read(.topic("t", connector: "c", StatusRecord.TopicUse(task: 0, discoveredAt: 1)))
        table.removeConnector("c")
        #expect(table.task(task) == nil && table.connector("c") == nil && table.topics("c").isEmpty)
    }

    @Test mutating func `a removed task leaves the others`() {
        table.read(.connector("c", status(.running)))
        table.read(.task(task, status(.running)))
        table.removeTask(task)
        #expect(table.status("c", kind: .source)?.tasks.isEmpty == true)
        table.removeTask(TaskID(connector: "unknown", number: 0))
        #expect(table.connector("unknown") == nil)
    }

    @Test mutating func `a careful write yields to a later generation of another worker`() {
        table.read(.task(task, status(.running, "other", 5)))
        #expect(!table.allows(.task(task, status(.failed, "me", 4))))
        #expect(table.allows(.task(task, status(.failed, "me", 5))))
        table.read(.task(task, status(.failed, "me", 5)))
        #expect(table.allows(.task(task, status(.running, "me", 3))), "over its own")
    }

    @Test mutating func `what an earlier life of the group left yields`() {
        table.read(.connector("c", status(.running, "gone", 57)))
        table.read(.task(task, status(.running, "gone", 57)))
        table.read(.task(TaskID(connector: "c", number: 1), status(.running, "other", 2)))
        table.reached(57)
        #expect(!table.allows(.connector("c", status(.failed, "me", 3))), "it may be of this life")
        table.reached(3)
        #expect(table.allows(.connector("c", status(.failed, "me", 3))))
        #expect(table.allows(.task(task, status(.failed, "me", 3))))
        #expect(!table.allows(.task(TaskID(connector: "c", number: 1), status(.failed, "me", 1))))
        table.read(.task(task, status(.unassigned, "me", 3)))
        #expect(table.task(task)?.state == .unassigned, "nothing of that life covers it")
    }

    @Test mutating func `a stale UNASSIGNED does not cover another worker's RUNNING`() {
        table.read(.task(task, status(.running, "other", 5)))
        table.read(.task(task, status(.unassigned, "me", 5)))
        #expect(table.task(task)?.state == .running)
        table.read(.task(task, status(.running, "me", 5)))
        table.read(.task(task, status(.unassigned, "me", 5)))
        #expect(table.task(task)?.state == .unassigned)
    }

    @Test mutating func `topics are known until they are forgotten on request`() {
        for topic in ["b", "a"] {
            table.read(.topic(topic, connector: "c", StatusRecord.TopicUse(task: 0, discoveredAt: 1)))
        }
        #expect(table.topics("c") == ["a", "b"])
        #expect(table.uses("a", connector: "c") && !table.uses("x", connector: "c"))
        table.resetTopics("c")
        #expect(table.topics("c").isEmpty)
    }
}
