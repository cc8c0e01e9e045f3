internal import KafkaProtocol

/// A request under way, whatever its type: what a connection must know to send it and to hand its answer back.
class ClusterCall {
    let apiKey: Int16
    let versions: ClosedRange<Int16>
    let clientID: String
    /// Monotonic nanoseconds; covers waiting for a connection too.
    let deadline: UInt64
    let expectsAnswer: Bool
    /// Any broker will do: sends the call elsewhere when the connection it waits for could not be opened. Nil where only
    /// that connection is right: then the call fails.
    var reroute: (() -> Void)?
    /// Must let the call pass when it is put on the wire; nil where nothing has to.
    var gate: SessionGate?
    private(set) var isDone = false

    init(apiKey: Int16, versions: ClosedRange<Int16>, clientID: String, deadline: UInt64, expectsAnswer: Bool) {
        self.apiKey = apiKey
        self.versions = versions
        self.clientID = clientID
        self.deadline = deadline
        self.expectsAnswer = expectsAnswer
    }

    /// The frame to send.
    func encode(version: Int16, correlation: Int32) throws(ProtocolError) -> [FrameSegment] { [] }

    /// Reads an answer; throws when it cannot be read. The broker's throttle time in milliseconds, 0 for none, and what
    /// hands the answer over: to be called once the connection's own books are in order.
    func answer(_ bytes: UnsafeRawBufferPointer, owner: FrameBuffer?, version: Int16, node: Int32)
        throws(ProtocolError) -> (throttle: Int32, deliver: () -> Void)
    {
        (0, {})
    }

    /// Completes a call to which no answer comes.
    func sent(version: Int16, node: Int32) {}

    func fail(_ error: ClientError) {}

    func finish() -> Bool {
        if isDone { return false }
        isDone = true
        return true
    }
}

/// A request of a known type.
final class TypedCall<Request: KafkaRequest>: ClusterCall {
    /// Let go once it is encoded: it may hold record batches.
    private var request: Request?
    private var completion: ((Result<KafkaCluster.Answer<Request.Response>, ClientError>) -> Void)?

    init(
        _ request: Request, versions: ClosedRange<Int16>, clientID: String, deadline: UInt64, expectsAnswer: Bool,
        completion: @escaping (Result<KafkaCluster.Answer<Request.Response>, ClientError>) -> Void
    ) {
        self.request = request
        self.completion = completion
        super.init(
            apiKey: Request.apiKey, versions: versions, clientID: clientID, deadline: deadline,
            expectsAnswer: expectsAnswer)
    }

    override func encode(version: Int16, correlation: Int32) throws(ProtocolError) -> [FrameSegment] {
        guard let request else { return [] }
        self.request = nil
        return try Frame.request(request, version: version, correlationID: correlation, clientID: clientID)
    }

    override func answer(_ bytes: UnsafeRawBufferPointer, owner: FrameBuffer?, version: Int16, node: Int32)
        throws(ProtocolError) -> (throttle: Int32, deliver: () -> Void)
    {
        // Records are not copied out of the frame, so whoever gets them gets the frame too.
        let keepsFrame = Request.apiKey == FetchRequest.apiKey
        let frame = keepsFrame ? owner ?? FrameBuffer(copying: bytes) : owner
        let (_, response) = try Frame.readResponse(
            Request.Response.self, version: version, from: frame?.bytes ?? bytes)
        let answer = KafkaCluster.Answer(response: response, version: version, node: node, frame: frame)
        let throttle = (response as? any ThrottledResponse)?.throttleTimeMs ?? 0
        return (throttle, { self.complete(.success(answer)) })
    }

    override func sent(version: Int16, node: Int32) {
        complete(.success(KafkaCluster.Answer(response: Request.Response(), version: version, node: node, frame: nil)))
    }

    override func fail(_ error: ClientError) { complete(.failure(error)) }

    private func complete(_ result: Result<KafkaCluster.Answer<Request.Response>, ClientError>) {
        guard finish(), let completion else { return }
        self.completion = nil
        completion(result)
    }
}
