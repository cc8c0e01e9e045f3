import ConnectModel
import HTTPServer

/// What can be done to a connector: restart, pause, resume, stop.
enum ActionsResource {
    /// `POST /connectors/{c}/restart`: 204 for the connector alone, 202 with the plan otherwise (KIP-745).
    static func restart(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let command = Command.restartConnector(
            name: try request.connector, includeTasks: request.flag("includeTasks"),
            onlyFailed: request.flag("onlyFailed"))
        // Apache's worker of 3.x that handed the request on takes no answer with a member that it does not know.
        let isHandedOn = request.parameter("forward") != nil
        return context.ask(command) { reply in
            guard case .accepted(let status) = reply else { return done(reply, 204) }
            return RESTAnswer.json(202) { ConnectorBodies.status(status, showsVersions: !isHandedOn, &$0) }
        }
    }

    /// `PUT /connectors/{c}/pause`.
    static func pause(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.pauseConnector(name: try request.connector)) { done($0, 202) }
    }

    /// `PUT /connectors/{c}/resume`.
    static func resume(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.resumeConnector(name: try request.connector)) { done($0, 202) }
    }

    /// `PUT /connectors/{c}/stop`.
    static func stop(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.stopConnector(name: try request.connector)) { done($0, 204) }
    }

    /// An empty answer to a reply that says nothing.
    static func done(_ reply: Reply, _ status: Int) -> HTTPResponse? {
        guard case .done = reply else { return nil }
        return RESTAnswer.empty(status)
    }
}
