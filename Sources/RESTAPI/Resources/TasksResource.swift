import ConnectModel
import HTTPServer
import JSON

/// Tasks of a connector.
enum TasksResource {
    /// `GET /connectors/{c}/tasks`.
    static func list(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let connector = try context.connector(request.connector)
        return .answer(
            RESTAnswer.json { writer in
                writer.beginArray()
                for (task, config) in zip(connector.info.tasks, connector.taskConfigs) {
                    writer.beginObject()
                    writer.key("id")
                    ConnectorBodies.id(task, &writer)
                    writer.key("config")
                    ConnectorBodies.config(config, &writer)
                    writer.endObject()
                }
                writer.endArray()
            })
    }

    /// `GET /connectors/{c}/tasks/{n}/status`.
    static func status(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let task = try id(request)
        let status = context.snapshot.connector(task.connector)?.status
        guard let found = status?.tasks.first(where: { $0.number == task.number }) else {
            throw RESTError(404, "No status found for task \(task)")
        }
        return .answer(RESTAnswer.json { ConnectorBodies.taskStatus(found, &$0) })
    }

    /// `POST /connectors/{c}/tasks/{n}/restart`.
    static func restart(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.restartTask(try id(request))) { ActionsResource.done($0, 204) }
    }

    /// `POST /connectors/{c}/tasks`: workers of a cluster send each other task configurations this way.
    static func putConfigs(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        guard let cluster = context.snapshot.cluster else {
            throw RESTError(
                500, "Kafka Connect in standalone mode does not support externally setting task configurations.")
        }
        try RequestSignature.check(request.http, in: cluster, algorithms: context.settings.verificationAlgorithms)
        let configs = try TaskConfigsRequest.configs(request.http.body)
        return context.ask(.putTaskConfigs(name: try request.connector, configs)) { ActionsResource.done($0, 204) }
    }

    /// `PUT /connectors/{c}/fence`: the same for fencing out old tasks, which workers with exactly-once support ask for.
    static func fence(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        guard let cluster = context.snapshot.cluster else {
            throw RESTError(500, "Kafka Connect in standalone mode does not support exactly-once source connectors.")
        }
        try RequestSignature.check(request.http, in: cluster, algorithms: context.settings.verificationAlgorithms)
        let connector = try context.connector(request.connector)
        guard connector.info.kind == .source else {
            throw .badRequest("Connector \(connector.info.name) is not a source connector")
        }
        throw RESTError(500, "Exactly-once support for source connectors is not part of this version of kafka-connect.")
    }

    private static func id(_ request: RESTRequest) throws(RESTError) -> TaskID {
        guard let number = Int32(try request.variable(1)) else { throw .notFound }
        return TaskID(connector: try request.connector, number: number)
    }
}
