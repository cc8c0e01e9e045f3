import HTTPServer

/// A request that has found its route.
struct RESTRequest {
    let http: HTTPRequest
    /// What the route's variable segments matched, decoded, in order.
    let variables: [String]
    private let parameters: [(name: String, value: String)]

    init(_ http: HTTPRequest, variables: [String]) throws(RESTError) {
        guard let parameters = http.target.parameters else {
            throw .badRequest("The query is malformed: an escape is not % and two hexadecimal digits.")
        }
        self.http = http
        self.variables = variables
        self.parameters = parameters
    }

    /// The variable segment at a position of the route's variables.
    func variable(_ position: Int) throws(RESTError) -> String {
        guard position < variables.count else { throw .notFound }
        return variables[position]
    }

    /// The connector that the path names: the first variable.
    var connector: String {
        get throws(RESTError) { try variable(0) }
    }

    /// The first value of a query parameter.
    func parameter(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// All values of a query parameter.
    func parameters(_ name: String) -> [String] {
        parameters.filter { $0.name == name }.map(\.value)
    }

    /// Java's `Boolean.parseBoolean`: `true` in any case is true, all else false.
    func flag(_ name: String, default absent: Bool = false) -> Bool {
        parameter(name).map { $0.lowercased() == "true" } ?? absent
    }
}
