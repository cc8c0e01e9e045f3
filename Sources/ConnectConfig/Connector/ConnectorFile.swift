package import ConnectModel

/// A connector's file, read and checked for its name: what `kafka-connect standalone` starts.
package struct ConnectorFile: Sendable {
    /// The path, as it was given.
    package let file: String
    /// Nil where the file does not say one, which is a problem too.
    package let name: String?
    /// The configuration in the order of the file, `name` among it.
    package let config: ConfigMap
    package let initialState: TargetState?
    /// Errors and warnings; the connector must not be started where there is an error.
    package private(set) var problems: [Problem]
    private let document: ConfigDocument

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// Reads a file: YAML, properties, flat JSON, or a create request.
    package static func load(_ path: String) -> ConnectorFile { ConnectorFile(ConfigFile.readConnector(path)) }

    /// The same for content that was read already; the name says what it is.
    package static func parse(_ bytes: [UInt8], file: String) -> ConnectorFile {
        ConnectorFile(ConfigFile.parseConnector(bytes, file: file))
    }

    init(_ source: ConnectorDocument) {
        var document = source.config
        let file = document.file
        var config = document.map
        var name = config["name"]
        if let requested = source.name {
            if let inner = document["name"], inner.value != requested.text {
                document.error(
                    "Connector name configuration in 'config' doesn't match the one specified in 'name' at '\(file)'",
                    at: inner.position, key: "name", leavesOut: false)
            } else {
                name = requested.text
                config.set("name", requested.text)
            }
        } else if !config.contains("name"), document.canTell(about: "name") {
            document.error(
                "Connector configuration at '\(file)' is missing the mandatory 'name' configuration", at: nil,
                key: "name")
        }
        var state: TargetState?
        if let text = source.initialState {
            switch text.text.uppercased() {
            case "RUNNING": state = .started
            case "PAUSED": state = .paused
            case "STOPPED": state = .stopped
            default:
                document.error(
                    "initial_state must be RUNNING, PAUSED or STOPPED, not '\(text.text)'", at: text.position,
                    key: "initial_state", leavesOut: false)
            }
        }
        self.file = file
        self.name = name
        self.config = config
        initialState = state
        problems = document.problems
        self.document = document
    }

    /// Adds what a validation found, at the places of the keys. Of a key that was found missing before, nothing more; nor
    /// what comes of something that could not be read.
    package mutating func add(_ errors: [(key: String, message: String)]) {
        let missing = Set(problems.filter { $0.severity == .error }.compactMap(\.key)).filter { document[$0] == nil }
        add(errors.filter { !missing.contains($0.key) && document.canTell(about: $0.key) }, .error)
    }

    /// Adds what is allowed and probably not meant, at the places of the keys.
    package mutating func warn(_ warnings: [(key: String, message: String)]) { add(warnings, .warning) }

    private mutating func add(_ found: [(key: String, message: String)], _ severity: Problem.Severity) {
        var told = Set(problems.map(\.description))
        for (key, message) in found {
            let problem = Problem(
                file: file, position: position(of: key), key: key, message: message, severity: severity)
            // What two keys have to say to one another is told under both.
            if told.insert(problem.description).inserted { problems.append(problem) }
        }
    }

    /// Where a key stands.
    package func position(of key: String) -> SourcePosition? { document[key]?.position }

    /// Whether the value of a key, if there is one, depends on a config provider.
    package func refers(_ key: String) -> Bool {
        guard let value = config[key] else { return false }
        return ConfigVariable.pieces(of: value).contains {
            if case .variable = $0 { true } else { false }
        }
    }
}
