import ConnectModel
import HTTPServer
import JSON

/// Offsets of a connector (KIP-875).
enum OffsetsResource {
    /// `GET /connectors/{c}/offsets`.
    static func get(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.connectorOffsets(name: try request.connector)) { reply in
            guard case .offsets(let offsets) = reply else { return nil }
            return RESTAnswer.json { writer in
                writer.beginObject()
                writer.key("offsets")
                writer.beginArray()
                for entry in offsets { write(entry, &writer) }
                writer.endArray()
                writer.endObject()
            }
        }
    }

    /// `PATCH /connectors/{c}/offsets`.
    static func alter(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let entries = try OffsetsRequest.entries(request.http.body)
        return context.ask(.alterConnectorOffsets(name: try request.connector, entries), message)
    }

    /// `DELETE /connectors/{c}/offsets`.
    static func reset(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.resetConnectorOffsets(name: try request.connector), message)
    }

    private static let message: HerderRequest.Render = { reply in
        guard case .message(let text) = reply else { return nil }
        return RESTAnswer.json { writer in
            writer.beginObject()
            writer.key("message")
            writer.string(text)
            writer.endObject()
        }
    }

    private static func write(_ entry: OffsetChange, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("partition")
        writer.raw(entry.partition)
        writer.key("offset")
        if let offset = entry.offset { writer.raw(offset) } else { writer.null() }
        writer.endObject()
    }
}
