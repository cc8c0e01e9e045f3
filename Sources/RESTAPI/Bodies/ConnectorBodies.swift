import ConnectModel
import JSON

/// Writes what REST shows of connectors, fields in Jackson's order.
enum ConnectorBodies {
    static func info(_ info: ConnectorInfo, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(info.name)
        writer.key("config")
        config(info.config, &writer)
        writer.key("tasks")
        writer.beginArray()
        for task in info.tasks { id(task, &writer) }
        writer.endArray()
        writer.key("type")
        writer.string(info.kind.rawValue)
        writer.endObject()
    }

    static func config(_ config: ConfigMap, _ writer: inout JSONWriter) {
        writer.beginObject()
        for entry in config.entries {
            writer.key(entry.key)
            writer.string(entry.value)
        }
        writer.endObject()
    }

    static func id(_ task: TaskID, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("connector")
        writer.string(task.connector)
        writer.key("task")
        writer.int64(Int64(task.number))
        writer.endObject()
    }

    /// - Parameter showsVersions: the versions of plugins, which Apache's workers know since 4.1.
    static func status(_ status: ConnectorStatus, showsVersions: Bool = true, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(status.name)
        writer.key("connector")
        writer.beginObject()
        state(status.connector, showsVersions, &writer)
        writer.endObject()
        writer.key("tasks")
        writer.beginArray()
        for task in status.tasks { taskStatus(task, showsVersions: showsVersions, &writer) }
        writer.endArray()
        writer.key("type")
        writer.string(status.kind.rawValue)
        writer.endObject()
    }

    static func taskStatus(
        _ task: ConnectorStatus.Task, showsVersions: Bool = true, _ writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.key("id")
        writer.int64(Int64(task.number))
        state(task.status, showsVersions, &writer)
        writer.endObject()
    }

    private static func state(_ status: InstanceStatus, _ showsVersions: Bool, _ writer: inout JSONWriter) {
        writer.key("state")
        writer.string(status.state.rawValue)
        writer.key("worker_id")
        writer.string(status.workerID)
        if showsVersions, let version = status.version {
            writer.key("version")
            writer.string(version)
        }
        if let trace = status.trace, !trace.isEmpty {
            writer.key("trace")
            writer.string(RESTAnswer.redacted(trace))
        }
    }
}
