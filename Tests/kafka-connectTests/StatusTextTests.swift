import ConnectConfig
import ConnectModel
import Testing

@testable import kafka_connect

@Suite struct StatusTextTests {
    private func connector(
        _ name: String, _ state: InstanceState?, _ tasks: [(InstanceState, String)] = [], configured: Int? = nil,
        on worker: String = "a:1"
    ) -> WorkerSnapshot.Connector {
        let ids = (0..<(configured ?? tasks.count)).map { TaskID(connector: name, number: Int32($0)) }
        let status = state.map { state in
            ConnectorStatus(
                name: name, connector: InstanceStatus(state: state, workerID: worker),
                tasks: tasks.enumerated().map { number, task in
                    ConnectorStatus.Task(
                        number: Int32(number), status: InstanceStatus(state: task.0, workerID: task.1))
                }, kind: .source)
        }
        return WorkerSnapshot.Connector(
            info: ConnectorInfo(name: name, config: ConfigMap(), tasks: ids, kind: .source), status: status,
            taskConfigs: [], activeTopics: [])
    }

    private func line(
        _ connectors: [WorkerSnapshot.Connector], isInCluster: Bool = false, isReady: Bool = true,
        isStopping: Bool = false, waitingFor: String? = nil, heldUp: Int = 0, reload: String? = nil
    ) -> String {
        let cluster = ClusterView(leaderURL: nil, isLeader: false, protocolVersion: 2, sessionKey: nil)
        let snapshot = WorkerSnapshot(
            isReady: isReady, isStopping: isStopping, stage: Stage(description: "awaiting startup", began: 0),
            kafkaClusterID: nil, connectors: connectors, cluster: isInCluster ? cluster : nil)
        return StatusText.line(snapshot, worker: "a:1", waitingFor: waitingFor, heldUp: heldUp, reload: reload)
    }

    @Test func `connectors and tasks are counted by what they do`() {
        let here = "a:1"
        #expect(line([]) == "no connectors")
        #expect(
            line([
                connector("a", .running, [(.running, here), (.running, here), (.failed, here)]),
                connector("b", .running, [(.running, here), (.running, here)]),
                connector("c", .running, [(.running, here)]),
            ]) == "3 connectors, 5 of 6 tasks running, 1 failed")
        #expect(line([connector("a", .running, [(.running, here)])]) == "1 connector, 1 of 1 task running")
        #expect(line([connector("a", .failed)]) == "1 connector (1 failed), no tasks")
        #expect(
            line([
                connector("a", .paused, [(.paused, here)]), connector("b", .stopped),
                connector("c", nil, configured: 2),
            ]) == "3 connectors (1 paused, 1 stopped), 0 of 3 tasks running, 1 paused")
    }

    @Test func `a worker of a cluster counts its own, and beside them all`() {
        #expect(
            line(
                [
                    connector("a", .running, [(.running, "b:1"), (.failed, "a:1"), (.running, "a:1")]),
                    connector("b", .failed, [(.unassigned, "a:1")], on: "b:1"),
                ], isInCluster: true)
                == "1 connector, 1 of 2 tasks running, 1 failed on this worker; 2 connectors, 4 tasks in the cluster")
        #expect(line([], isInCluster: true) == "no connectors on this worker; no connectors, no tasks in the cluster")
    }

    @Test func `before and after, and beside, stands what is waited for`() {
        #expect(line([], isReady: false) == "Starting: awaiting startup")
        #expect(line([], isReady: false, waitingFor: "k:9092") == "Starting: k:9092")
        #expect(line([], isStopping: true) == "Stopping")
        #expect(
            line([], waitingFor: "k:9092", heldUp: 2, reload: "reloaded")
                == "no connectors; waiting for Kafka: k:9092; 2 tasks wait for a thread: calls of plugins block all; reloaded"
        )
    }

    @Test func `a file that was refused is told by its first error`() {
        let error = Problem(file: "w.yaml", key: "x", message: "no")
        let warning = Problem(file: "w.yaml", key: "y", message: "hm", severity: .warning)
        #expect(StatusText.refused([warning, error]) == "The configuration was refused: w.yaml: error: x: no")
        #expect(StatusText.refused([error, error, error]).hasSuffix("x: no, and 2 more"))
    }
}
