/// One path of the API with its methods, declared as data: requests are dispatched, and `OPTIONS` and 405 are answered, from
/// the same table.
struct Route: Sendable {
    /// Handles a request. Called on a listener's thread.
    typealias Handler = @Sendable (RESTRequest, RESTContext) throws(RESTError) -> RESTOutcome

    /// A segment of a path.
    enum Segment: Sendable, Equatable {
        case word(String)
        /// Anything.
        case variable
        /// An integer as Java's `Integer` reads it; another text is no such path.
        case number
    }

    struct Method: Sendable {
        let name: String
        /// Whether a body without a content type is refused.
        let takesJSON: Bool
        let handler: Handler
    }

    let segments: [Segment]
    private(set) var methods: [Method] = []
    /// Whether the path is answered before the herder is ready.
    private(set) var servesAlways = false

    /// - Parameter path: such as `/connectors/{}/tasks/#/status`: `{}` is a variable, `#` a number.
    init(_ path: String) {
        segments = path.split(separator: "/").map { part in
            switch part {
            case "{}": .variable
            case "#": .number
            default: .word(String(part))
            }
        }
    }

    func get(_ handler: @escaping Handler) -> Route { adding("GET", false, handler) }
    func post(json: Bool = false, _ handler: @escaping Handler) -> Route { adding("POST", json, handler) }
    func put(json: Bool = false, _ handler: @escaping Handler) -> Route { adding("PUT", json, handler) }
    func patch(json: Bool = false, _ handler: @escaping Handler) -> Route { adding("PATCH", json, handler) }
    func delete(_ handler: @escaping Handler) -> Route { adding("DELETE", false, handler) }

    /// The same route, answered before the herder is ready.
    func always() -> Route {
        var copy = self
        copy.servesAlways = true
        return copy
    }

    /// What the variables matched; nil where the path is another.
    func match(_ path: [String]) -> [String]? {
        guard path.count == segments.count else { return nil }
        var variables: [String] = []
        for (part, segment) in zip(path, segments) {
            switch segment {
            case .word(let word):
                guard part == word else { return nil }
            case .variable:
                guard !part.isEmpty else { return nil }
                variables.append(part)
            case .number:
                guard Int32(part) != nil else { return nil }
                variables.append(part)
            }
        }
        return variables
    }

    /// The methods that `OPTIONS` tells, sorted.
    var allowed: [String] {
        var names = methods.map(\.name) + ["OPTIONS"]
        if names.contains("GET") { names.append("HEAD") }
        return names.sorted()
    }

    private func adding(_ name: String, _ takesJSON: Bool, _ handler: @escaping Handler) -> Route {
        var copy = self
        copy.methods.append(Method(name: name, takesJSON: takesJSON, handler: handler))
        return copy
    }
}
