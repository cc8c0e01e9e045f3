package import KafkaProtocol

/// Why a request brought no answer, as far as a machine must tell the cases apart.
package enum RequestFault: Error, Sendable, Equatable {
    /// The connection broke, the time ran out or no node could be reached: the outcome is unknown, trying again may help.
    case transport
    /// The other side cannot or will not serve this client, however often it asks (no common version, a missing right).
    case refused(ErrorCode, String)
}

extension RequestFault {
    /// What an error of the cluster means to a machine.
    init(_ error: ClientError) {
        switch error.kind {
        case .retriable: self = .transport
        case .authorization, .authentication, .configuration, .fatal:
            // A close from above ends the machine too; a peer that sends garbage may be replaced by a sound one.
            guard error.code != .closed, error.code != .malformedAnswer, error.code != .disconnected else {
                self = .transport
                return
            }
            let code = error.brokerCode == 0 ? ErrorCode.unsupportedVersion : ErrorCode(rawValue: error.brokerCode)
            self = .refused(code, error.message)
        }
    }
}
