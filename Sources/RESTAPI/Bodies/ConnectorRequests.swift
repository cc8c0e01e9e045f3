import ConnectModel
import JSON

/// The body of `POST /connectors`.
struct CreateRequest: Equatable {
    var name: String
    var config: ConfigMap
    var initialState: TargetState?

    init(_ bytes: [UInt8]) throws(RESTError) {
        let body = try RequestBody(bytes)
        let object = try body.object(body.value, known: ["name", "config", "initial_state"])
        // Java's trim, which takes control characters for blanks too.
        let given = try object["name"].flatMap { (value) throws(RESTError) in
            try body.text(value, at: [.member("name")])
        }
        name = Self.trimmed(given ?? "")
        guard let value = object["config"], value != .null else {
            throw .badRequest("The field \"config\" is missing in the request.")
        }
        config = ConfigMap(try body.texts(value, at: [.member("config")]))
        initialState = try Self.initialState(object, body)
    }

    private static func initialState(_ object: JSONObject, _ body: RequestBody) throws(RESTError) -> TargetState? {
        guard let value = object["initial_state"] else { return nil }
        guard let text = try body.text(value, at: [.member("initial_state")]) else { return nil }
        switch text.uppercased() {
        case "RUNNING": return .started
        case "PAUSED": return .paused
        case "STOPPED": return .stopped
        default:
            throw body.error(
                "No enum constant InitialState.\(text.uppercased()) (known: RUNNING, PAUSED, STOPPED)",
                at: [.member("initial_state")])
        }
    }

    private static func trimmed(_ text: String) -> String {
        var scalars = text.unicodeScalars[...]
        while let first = scalars.first, first.value <= 0x20 { scalars.removeFirst() }
        while let last = scalars.last, last.value <= 0x20 { scalars.removeLast() }
        return String(scalars)
    }
}

/// Bodies that are a flat configuration.
enum ConfigRequest {
    static func config(_ bytes: [UInt8]) throws(RESTError) -> ConfigMap {
        let body = try RequestBody(bytes)
        return ConfigMap(try body.texts(body.value))
    }
}

/// The body of `POST /connectors/{c}/tasks`: a configuration of each task.
enum TaskConfigsRequest {
    static func configs(_ bytes: [UInt8]) throws(RESTError) -> [ConfigMap] {
        let body = try RequestBody(bytes)
        var configs: [ConfigMap] = []
        for (index, element) in try body.array(body.value, at: []).enumerated() {
            configs.append(ConfigMap(try body.texts(element, at: [.element(index)])))
        }
        return configs
    }
}

/// The body of `PATCH /connectors/{c}/offsets`.
enum OffsetsRequest {
    static func entries(_ bytes: [UInt8]) throws(RESTError) -> [OffsetRequest] {
        let body = try RequestBody(bytes)
        let object = try body.object(body.value, known: ["offsets"])
        let path = [RequestBody.Step.member("offsets")]
        var result: [OffsetRequest] = []
        if let value = object["offsets"], value != .null {
            for (index, entry) in try body.array(value, at: path).enumerated() {
                result.append(try self.entry(entry, body, at: path + [.element(index)]))
            }
        }
        guard !result.isEmpty else {
            throw .badRequest("Partitions / offsets need to be provided for an alter offsets request")
        }
        return result
    }

    private static func entry(
        _ value: JSONValue, _ body: RequestBody, at path: [RequestBody.Step]
    ) throws(RESTError) -> OffsetRequest {
        let object = try body.object(value, at: path, known: ["partition", "offset"])
        return OffsetRequest(
            partition: try map("partition", of: object, body, at: path),
            offset: try map("offset", of: object, body, at: path))
    }

    /// The JSON text of a member that is an object; nil where it is null or missing.
    private static func map(
        _ name: String, of object: JSONObject, _ body: RequestBody, at path: [RequestBody.Step]
    ) throws(RESTError) -> [UInt8]? {
        guard let value = object[name], value != .null else { return nil }
        return JSONValue.object(try body.object(value, at: path + [.member(name)])).serialized()
    }
}
