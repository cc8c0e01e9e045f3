import ConnectModel
import HTTPServer
import JSON

/// Connectors: list, create, show, change, delete.
enum ConnectorsResource {
    /// `GET /connectors`, with `expand` any number of times; unknown values of it are ignored.
    static func list(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let expand = request.parameters("expand")
        guard !expand.isEmpty else {
            return .answer(
                RESTAnswer.json { PluginBodies.strings(context.snapshot.connectors.map(\.info.name), &$0) })
        }
        let withStatus = expand.contains("status")
        let withInfo = expand.contains("info")
        return .answer(
            RESTAnswer.json { writer in
                writer.beginObject()
                for connector in context.snapshot.connectors {
                    // One without a status yet is left out where statuses are asked for.
                    guard !withStatus || connector.status != nil else { continue }
                    writer.key(connector.info.name)
                    writer.beginObject()
                    if withStatus, let status = connector.status {
                        writer.key("status")
                        ConnectorBodies.status(status, &writer)
                    }
                    if withInfo {
                        writer.key("info")
                        ConnectorBodies.info(connector.info, &writer)
                    }
                    writer.endObject()
                }
                writer.endObject()
            })
    }

    /// `POST /connectors`.
    static func create(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let body = try CreateRequest(request.http.body)
        let config = try named(body.config, body.name)
        let location = location(of: body.name, request, context)
        let command = Command.createConnector(name: body.name, config: config, initialState: body.initialState)
        return context.ask(command, location: location) { saved($0, location) }
    }

    /// `GET /connectors/{c}`.
    static func get(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let connector = try context.connector(request.connector)
        return .answer(RESTAnswer.json { ConnectorBodies.info(connector.info, &$0) })
    }

    /// `GET /connectors/{c}/config`.
    static func config(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let connector = try context.connector(request.connector)
        return .answer(RESTAnswer.json { ConnectorBodies.config(connector.info.config, &$0) })
    }

    /// `PUT /connectors/{c}/config`.
    static func putConfig(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let name = try request.connector
        let config = try named(try ConfigRequest.config(request.http.body), name)
        let location = location(of: name, request, context)
        return context.ask(.putConnectorConfig(name: name, config: config), location: location) { saved($0, location) }
    }

    /// `PATCH /connectors/{c}/config`. A `name` in it is not compared with the path, as Apache's worker does not.
    static func patchConfig(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let patch = try ConfigRequest.config(request.http.body)
        return context.ask(.patchConnectorConfig(name: try request.connector, patch: patch)) { saved($0, nil) }
    }

    /// `DELETE /connectors/{c}`.
    static func delete(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        context.ask(.deleteConnector(name: try request.connector)) { ActionsResource.done($0, 204) }
    }

    /// `GET /connectors/{c}/status`.
    static func status(_ request: RESTRequest, _ context: RESTContext) throws(RESTError) -> RESTOutcome {
        let name = try request.connector
        guard let status = context.snapshot.connector(name)?.status else {
            throw RESTError(404, "No status found for connector \(name)")
        }
        return .answer(RESTAnswer.json { ConnectorBodies.status(status, &$0) })
    }

    /// Bytes of a percent-encoded name: with more, no request line about the connector would be read.
    private static let longestName = 8 << 10

    /// The configuration with its `name`, which must be the connector's.
    private static func named(_ config: ConfigMap, _ name: String) throws(RESTError) -> ConfigMap {
        let count = RequestTarget.encode(segment: name).utf8.count
        guard count <= longestName else {
            throw .badRequest(
                "The connector name is too long: as a part of a URL it has \(count) bytes, of which \(longestName) can be "
                    + "asked for")
        }
        var config = config
        if let given = config["name"] {
            guard given.isExactly(name) else {
                throw .badRequest(
                    "Connector name configuration (\(given)) doesn't match connector name in the URL (\(name))")
            }
        } else {
            config.set("name", name)
        }
        return config
    }

    private static func saved(_ reply: Reply, _ location: String?) -> HTTPResponse? {
        switch reply {
        case .created(let info): RESTAnswer.json(201, location: location) { ConnectorBodies.info(info, &$0) }
        case .updated(let info): RESTAnswer.json { ConnectorBodies.info(info, &$0) }
        default: nil
        }
    }

    private static func location(of name: String, _ request: RESTRequest, _ context: RESTContext) -> String {
        let base = request.http.headers["Host"].flatMap(HostHeader.base) ?? context.settings.advertisedURL
        return base + "/connectors/" + RequestTarget.encode(segment: name)
    }
}

/// Reads the `Host` header, which a client may fill with anything.
enum HostHeader {
    /// The base of URLs; nil unless the header is a plain host with an optional port.
    static func base(_ host: String) -> String? {
        let isPlain = host.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                return true
            default: return ".-_:[]".utf8.contains(byte)
            }
        }
        return isPlain && !host.isEmpty ? "http://" + host : nil
    }
}
