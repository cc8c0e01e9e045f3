import ConnectModel
import HTTPServer
import JSON

/// `GET /health` (KIP-1017): healthy when the herder answers in time and is in touch with its group.
enum HealthResource {
    static func get(_: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        guard context.snapshot.isReady else {
            return .answer(starting(StageText.sentence(context.snapshot.stage)))
        }
        return .ask(
            HerderRequest(.health, within: context.settings.healthTime, late: { unhealthy($0.stage) }) { reply in
                switch reply {
                case .healthy:
                    body(200, "healthy", "Worker has completed startup and is ready to handle requests.", nil)
                case .unhealthy(let stage): unhealthy(stage)
                default: nil
                }
            })
    }

    /// The answer while the worker starts.
    static func starting(_ stage: String?) -> HTTPResponse {
        body(503, "starting", "Worker is still starting up.", stage)
    }

    private static func unhealthy(_ stage: Stage?) -> HTTPResponse {
        body(
            500, "unhealthy",
            "Worker was unable to handle this request and may be unable to handle other requests.",
            StageText.sentence(stage))
    }

    private static func body(_ status: Int, _ word: String, _ message: String, _ stage: String?) -> HTTPResponse {
        RESTAnswer.json(status) { writer in
            writer.beginObject()
            writer.key("status")
            writer.string(word)
            writer.key("message")
            writer.string([message, stage].compactMap(\.self).joined(separator: " "))
            writer.endObject()
        }
    }
}
