import ConnectModel

/// What has to be restarted of a connector so that everything of it that runs on this worker begins anew.
enum LocalRestart {
    /// - Parameters:
    ///   - status: of the connector, which may run on several workers.
    ///   - worker: `host:port` of this one.
    static func commands(_ status: ConnectorStatus?, worker: String) -> [Command] {
        guard let status else { return [] }
        var commands: [Command] = []
        func runsHere(_ status: InstanceStatus) -> Bool {
            status.workerID == worker && [.running, .failed, .restarting, .paused].contains(status.state)
        }
        // A paused connector has no instance: what resumes it makes a new one.
        if runsHere(status.connector), status.connector.state != .paused {
            commands.append(.restartConnector(name: status.name, includeTasks: false, onlyFailed: false))
        }
        for task in status.tasks where runsHere(task.status) {
            commands.append(.restartTask(TaskID(connector: status.name, number: task.number)))
        }
        return commands
    }
}
