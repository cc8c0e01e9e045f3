/// One request on its way in and its answer on its way out. Confined to the listener's thread.
final class Exchange {
    enum Phase {
        /// The request line was read.
        case head
        /// The headers were accepted; the body comes in.
        case body
        /// The handler has the request and the connection is suspended, or is about to be.
        case waiting
        /// The answer is being sent.
        case answered
    }

    let number: UInt64
    let descriptor: Int32
    /// As sent.
    let rawTarget: String
    /// Monotonic nanoseconds.
    let began: UInt64
    let peer: String

    var phase = Phase.head
    var method = ""
    var version = "HTTP/1.1"
    var headers = HTTPHeaders()
    var target: RequestTarget?
    var body: [UInt8] = []
    /// Bytes that the body may have.
    var bodyLimit = 0
    /// The body was not kept because too many long ones were.
    var isCrowdedOut = false
    /// How many of the kept bytes count among those of long bodies.
    var longBodyBytes = 0
    /// Bytes of the body that were read, kept or not.
    var bodyCount = 0
    /// Until it is handed to libmicrohttpd.
    var response: HTTPResponse?
    /// Of the answer that was handed to libmicrohttpd.
    var status: Int?
    /// Bytes of that answer's body.
    var answerCount = 0
    /// How many of them count among those of long answers.
    var longAnswerBytes = 0

    init(number: UInt64, descriptor: Int32, rawTarget: String, began: UInt64, peer: String) {
        self.number = number
        self.descriptor = descriptor
        self.rawTarget = rawTarget
        self.began = began
        self.peer = peer
    }
}
