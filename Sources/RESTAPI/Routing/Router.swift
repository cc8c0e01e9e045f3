import HTTPServer

/// Finds the route of a request and refuses what no route takes, in the order of Apache's web framework: path, method, type of
/// the body, types that the client accepts.
struct Router: Sendable {
    /// A route that was found.
    struct Match {
        let variables: [String]
        let servesAlways: Bool
        let handler: Route.Handler
    }

    private let routes: [Route]

    init(_ routes: [Route]) { self.routes = routes }

    func match(_ request: HTTPRequest) throws(RESTError) -> Match {
        guard let path = request.target.segments else {
            throw .badRequest("The path is malformed: an escape is not % and two hexadecimal digits of UTF-8.")
        }
        for route in routes {
            guard let variables = route.match(path) else { continue }
            let handler = try handler(of: route, request)
            return Match(variables: variables, servesAlways: route.servesAlways, handler: handler)
        }
        throw .notFound
    }

    private func handler(of route: Route, _ request: HTTPRequest) throws(RESTError) -> Route.Handler {
        if request.method == "OPTIONS" { return options(route) }
        let name = request.method == "HEAD" ? "GET" : request.method
        guard let method = route.methods.first(where: { $0.name == name }) else { throw .methodNotAllowed }
        if name != "GET" {
            if let type = request.headers["Content-Type"] {
                guard MediaType.isJSON(type) else { throw .unsupportedMediaType }
            } else if method.takesJSON, !request.body.isEmpty {
                throw .unsupportedMediaType
            }
        }
        let accepted = request.headers.values(of: "Accept")
        guard accepted.isEmpty || MediaType.acceptsJSON(accepted) else { throw .notAcceptable }
        return method.handler
    }

    private func options(_ route: Route) -> Route.Handler {
        let allowed = route.allowed
        return { _, _ in
            .answer(
                HTTPResponse(
                    status: 200,
                    headers: HTTPHeaders([("Content-Type", "text/plain"), ("Allow", allowed.joined(separator: ","))]),
                    body: Array(allowed.joined(separator: ", ").utf8)))
        }
    }
}
