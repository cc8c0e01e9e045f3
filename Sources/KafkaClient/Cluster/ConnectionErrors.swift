internal import EventLoop
internal import KafkaProtocol

/// Why a broker does not answer, in sentences for an operator.
struct ConnectionErrors {
    let address: BrokerAddress

    var timedOut: ClientError { ClientError(.timedOut, .retriable, "broker \(address) did not answer in time") }

    var sessionOver: ClientError {
        ClientError(.noBroker, .retriable, "the worker's session with its group has run out")
    }

    func lost(because problem: String?) -> ClientError {
        ClientError(.disconnected, .retriable, "the connection to broker \(address) was lost\(Self.why(problem))")
    }

    func unreachable(because problem: String?) -> ClientError {
        ClientError(.noBroker, .retriable, "broker \(address) cannot be reached\(Self.why(problem))")
    }

    func tooLate(because problem: String?) -> ClientError {
        ClientError(.noBroker, .retriable, "broker \(address) could not be reached in time\(Self.why(problem))")
    }

    func malformed(_ problem: String?) -> ClientError {
        ClientError(.malformedAnswer, .retriable, "broker \(address): \(problem ?? "bad answer")")
    }

    func unwritable(_ call: ClusterCall, _ error: ProtocolError) -> ClientError {
        ClientError(.unsupportedVersion, .fatal, "request \(call.apiKey) cannot be written: \(error)")
    }

    func unsupported(_ call: ClusterCall) -> ClientError {
        let name = APIDescription.find(call.apiKey)?.name ?? "API \(call.apiKey)"
        return ClientError(
            .unsupportedVersion, .fatal,
            "broker \(address) offers no version of \(name) that this client speaks (\(call.versions.lowerBound)"
                + " to \(call.versions.upperBound)); use a broker of Kafka 2.4 or newer", brokerCode: 35)
    }

    private static func why(_ problem: String?) -> String { problem.map { ": \($0)" } ?? "" }

    /// What an impossible frame size most likely means.
    static func explain(_ size: Int32) -> String {
        switch size {
        case 0x1503_0300, 0x1503_0301, 0x1503_0302, 0x1503_0303:
            "the port speaks TLS, and security.protocol is PLAINTEXT"
        case 0x4854_5450: "the port speaks HTTP; check bootstrap.servers"
        default: "a frame of \(size) bytes is announced; is this port a Kafka broker's?"
        }
    }

    /// As in `connection refused`: an operator needs no name of a system call.
    static func explain(_ error: SystemError) -> String {
        let text = "\(error)"
        let prefix = "\(error.call): "
        return (text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : text).lowercased()
    }
}
