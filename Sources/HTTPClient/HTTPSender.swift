/// Whatever sends requests.
package protocol HTTPSender: AnyObject, Sendable {
    /// Takes the outcome of a request.
    typealias Completion = @Sendable (Result<ClientResponse, HTTPClientError>) -> Void

    /// Sends a request and returns at once. `done` is called once; it must not block.
    func send(_ request: ClientRequest, _ done: @escaping Completion)
}
