import ConnectModel
import KafkaClient

extension ConnectError {
    /// What a client's error means to a connector.
    init(_ error: ClientError) {
        self.init(Self.code(of: error), error.message)
    }

    private static func code(of error: ClientError) -> ErrorCode {
        switch error.code {
        case .recordTooLarge: return .recordTooLarge
        case .invalidSettings: return .configInvalid
        case .malformedAnswer, .unsupportedVersion: return .kafkaProtocol
        case .noBroker, .disconnected: return .kafkaUnavailable
        default: break
        }
        switch error.kind {
        case .authorization: return .kafkaAuthorization
        default: return error.isRetriable ? .kafkaRetriable : .kafkaRefused
        }
    }
}
