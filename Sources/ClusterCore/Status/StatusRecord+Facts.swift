package import ConnectModel

// What a record says, whatever it is of.
extension StatusRecord {
    /// The key as it is written.
    package var key: String {
        switch self {
        case .connector(let name, _): StatusKey.connector(name).text
        case .task(let task, _): StatusKey.task(task).text
        case .topic(let topic, let connector, _): StatusKey.topic(topic, connector: connector).text
        }
    }

    /// The connector that it is about.
    package var connector: String {
        switch self {
        case .connector(let name, _): name
        case .task(let task, _): task.connector
        case .topic(_, let connector, _): connector
        }
    }

    /// The status of a connector or task; nil where it is gone, and for topics.
    package var status: InstanceStatus? {
        switch self {
        case .connector(_, let status), .task(_, let status): status
        case .topic: nil
        }
    }
}
