import ClusterCore
import ConnectModel
import Logging

/// Asks a connector for its task configurations and makes of them what is stored. Runs on the connector's lane.
struct TaskConfigSource: Sendable {
    let connector: String
    /// The connector's configuration as it is stored.
    let raw: ConfigMap
    let state: ConnectorConfigState
    let className: String
    let resolve: @Sendable (ConfigMap) throws(ConnectError) -> ConfigMap

    /// - Throws: what the connector throws, or the error of too many tasks, or of ones that could be too large together.
    func ask(_ port: any ConnectorPort) throws(ConnectError) -> ConnectorMachine.Given {
        let resolved = try resolve(raw)
        let maximum = Self.maximumTasks(resolved)
        if let bytes = TaskConfigLimit.excess(of: resolved, times: maximum) {
            // Before the call: the plugin would take the memory first.
            throw ConnectError(
                .connectorFailed,
                "The connector \(connector) could make \(bytes) bytes of task configurations: tasks.max is \(maximum), "
                    + "and each may be as long as the connector's own; all together may have \(TaskConfigLimit.bytes). "
                    + "Lower tasks.max, or shorten the configuration")
        }
        let given = try port.taskConfigs(maximum: maximum)
        if given.count > Int(maximum) {
            let error = TaskConfigPlan.tooManyTasks(connector, given: given.count, maximum: maximum)
            guard resolved["tasks.max.enforce"]?.lowercased() == "false" else { throw error }
            Logger("connect.herder").warning(
                "The connector has generated \(given.count) tasks, more than the \(maximum) of tasks.max",
                [.connector(connector)])
        }
        let configs = TaskConfigPlan.rawConfigs(
            given, raw: raw, resolved: resolved, taskClass: TaskConfigPlan.taskClass(of: className))
        return ConnectorMachine.Given(configs: configs, differs: TaskConfigPlan.differs(configs, from: state))
    }

    /// `tasks.max`, which validation has seen to be a number from 1 on.
    private static func maximumTasks(_ resolved: ConfigMap) -> Int32 {
        let text = resolved["tasks.max"]?.split(separator: " ").first
        return text.flatMap { Int32($0) } ?? 1
    }
}
