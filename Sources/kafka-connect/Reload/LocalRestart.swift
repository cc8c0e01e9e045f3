import ConnectModel
import Herder

/// What has to be restarted of a connector so that everything of it that runs on this worker begins anew.
enum LocalRestart {
    /// - Parameters:
    ///   - status: of the connector, which may run on several workers.
    ///   - worker: `host:port` of this one.
    static func parts(_ status: ConnectorStatus?, worker: String) -> [ReferenceUser] {
        guard let status else { return [] }
        var parts: [ReferenceUser] = []
        func runsHere(_ status: InstanceStatus) -> Bool {
            status.workerID == worker && [.running, .failed, .restarting, .paused].contains(status.state)
        }
        // A paused connector has no instance: what resumes it makes a new one.
        if runsHere(status.connector), status.connector.state != .paused { parts.append(.connector(status.name)) }
        for task in status.tasks where runsHere(task.status) {
            parts.append(.task(TaskID(connector: status.name, number: task.number)))
        }
        return parts
    }

    /// Has one of them begin anew.
    static func command(_ part: ReferenceUser) -> Command {
        switch part {
        case .connector(let name): .restartConnector(name: name, includeTasks: false, onlyFailed: false)
        case .task(let task): .restartTask(task)
        }
    }
}
