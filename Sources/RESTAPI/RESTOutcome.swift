import ConnectModel
import HTTPServer

/// What a route makes of a request.
enum RESTOutcome {
    /// The answer at once.
    case answer(HTTPResponse)
    /// The herder has to answer.
    case ask(HerderRequest)
}

/// A command, and how its reply is told.
struct HerderRequest {
    /// Makes the answer of a reply; nil for a reply that does not fit the command.
    typealias Render = @Sendable (Reply) -> HTTPResponse?
    /// Makes the answer when the herder has not replied in time.
    typealias Late = @Sendable (WorkerSnapshot) -> HTTPResponse

    var command: Command
    var time: Duration
    var late: Late
    var render: Render
    /// `Location` of what the request creates, for an answer that another worker gives.
    var location: String?

    init(
        _ command: Command, within time: Duration, location: String? = nil, late: @escaping Late,
        render: @escaping Render
    ) {
        self.command = command
        self.time = time
        self.late = late
        self.render = render
        self.location = location
    }
}
