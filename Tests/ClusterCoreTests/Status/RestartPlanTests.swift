import ClusterCore
import ConnectModel
import Testing

@Suite struct RestartPlanTests {
    private func status(_ connector: InstanceState, _ tasks: [InstanceState]) -> ConnectorStatus {
        ConnectorStatus(
            name: "c", connector: InstanceStatus(state: connector, trace: "why", workerID: "w"),
            tasks: tasks.enumerated().map {
                .init(number: Int32($0.offset), status: InstanceStatus(state: $0.element, trace: "t", workerID: "w"))
            }, kind: .source)
    }

    private func plan(_ includeTasks: Bool, _ onlyFailed: Bool) -> RestartPlan {
        RestartPlan(
            RestartRequest(connector: "c", includeTasks: includeTasks, onlyFailed: onlyFailed),
            status: status(.running, [.failed, .running]))
    }

    @Test func `everything`() {
        let plan = plan(true, false)
        #expect(plan.restartsConnector)
        #expect(plan.tasks == [0, 1])
        #expect(plan.status.connector.state == .restarting)
        #expect(plan.status.tasks.map(\.status.state) == [.restarting, .restarting])
    }

    @Test func `what has failed`() {
        let plan = plan(true, true)
        #expect(!plan.restartsConnector)
        #expect(plan.tasks == [0])
        #expect(plan.status.connector.state == .running)
        #expect(plan.status.tasks.map(\.status.state) == [.restarting, .running])
        #expect(plan.status.tasks[0].status.trace == "t", "worker and trace stay")
    }

    @Test func `a connector that did not fail, without its tasks, is nothing to do`() {
        #expect(plan(false, true).isEmpty)
        let failed = RestartPlan(
            RestartRequest(connector: "c", includeTasks: false, onlyFailed: true), status: status(.failed, [.failed]))
        #expect(failed.restartsConnector && failed.tasks.isEmpty)
    }

    @Test func `impact grows with what is touched`() {
        let impacts = [(true, false), (true, true), (false, false), (false, true)].map {
            RestartRequest(connector: "c", includeTasks: $0.1, onlyFailed: $0.0).impact
        }
        #expect(impacts == [0, 1, 2, 3])
    }
}
