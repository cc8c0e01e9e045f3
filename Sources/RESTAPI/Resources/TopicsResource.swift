import ConnectModel
import JSON

/// Topics that a connector has used (KIP-558).
enum TopicsResource {
    /// `GET /connectors/{c}/topics`. An unknown connector has used none.
    static func get(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        guard context.settings.tracksTopics else { throw RESTError(403, "Topic tracking is disabled.") }
        let name = try request.connector
        return .answer(
            RESTAnswer.json { writer in
                writer.beginObject()
                writer.key(name)
                writer.beginObject()
                writer.key("topics")
                PluginBodies.strings(context.snapshot.connector(name)?.activeTopics ?? [], &writer)
                writer.endObject()
                writer.endObject()
            })
    }

    /// `PUT /connectors/{c}/topics/reset`. Done for an unknown connector too.
    static func reset(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        guard context.settings.tracksTopics else { throw RESTError(403, "Topic tracking is disabled.") }
        guard context.settings.allowsTopicReset else { throw RESTError(403, "Topic tracking reset is disabled.") }
        let name = try request.connector
        guard context.snapshot.connector(name) != nil else { return .answer(RESTAnswer.empty(202)) }
        return context.ask(.resetActiveTopics(name: name)) { ActionsResource.done($0, 202) }
    }
}
