import ConnectModel
import JSON

/// `GET /`.
enum RootResource {
    static func get(_: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        .answer(
            RESTAnswer.json { writer in
                writer.beginObject()
                writer.key("version")
                writer.string(context.settings.version)
                writer.key("commit")
                writer.string(context.settings.commit)
                writer.key("kafka_cluster_id")
                writer.string(context.snapshot.kafkaClusterID)
                writer.endObject()
            })
    }
}
