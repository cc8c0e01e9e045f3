package import ConnectModel

/// What a restart request means for the instances that there are.
///
/// Source: `org.apache.kafka.connect.runtime.RestartPlan`.
package struct RestartPlan: Sendable, Equatable {
    package let request: RestartRequest
    package let restartsConnector: Bool
    /// Numbers, in order.
    package let tasks: [Int32]
    /// The status as the answer shows it: what is restarted is RESTARTING, worker and trace as they were.
    package let status: ConnectorStatus

    /// The plan for a connector by its status.
    package init(_ request: RestartRequest, status: ConnectorStatus) {
        func isChosen(_ status: InstanceStatus) -> Bool { !request.onlyFailed || status.state == .failed }
        self.request = request
        restartsConnector = isChosen(status.connector)
        var status = status
        if restartsConnector { status.connector.state = .restarting }
        tasks = request.includeTasks ? status.tasks.filter { isChosen($0.status) }.map(\.number) : []
        for index in status.tasks.indices where tasks.contains(status.tasks[index].number) {
            status.tasks[index].status.state = .restarting
        }
        self.status = status
    }

    /// Whether anything is to be restarted.
    package var isEmpty: Bool { !restartsConnector && tasks.isEmpty }
}
