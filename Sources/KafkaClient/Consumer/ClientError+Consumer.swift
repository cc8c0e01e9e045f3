internal import KafkaProtocol

extension ClientError {
    /// Why a consumer, or with `partition` one of its partitions, cannot go on.
    init(consumer code: ErrorCode, _ text: String, _ partition: TopicPartition?) {
        let place = partition.map { "\($0): " } ?? ""
        switch code {
        case .offsetOutOfRange:
            self.init(
                .noOffset, .fatal, "\(place)\(text), and auto.offset.reset is none: seek or set another policy",
                brokerCode: code.rawValue)
        case .corruptMessage, .unsupportedCompressionType:
            self.init(.corruptRecord, .fatal, "\(place)\(text)", brokerCode: code.rawValue)
        case .topicAuthorizationFailed, .groupAuthorizationFailed, .clusterAuthorizationFailed:
            self.init(
                .broker, .authorization, "\(place)\(text): grant this client's principal the right (\(code))",
                brokerCode: code.rawValue)
        case .unsupportedVersion:
            self.init(.unsupportedVersion, .fatal, "\(place)\(text)", brokerCode: code.rawValue)
        default:
            self.init(
                partition == nil ? .groupFailed : .broker, .fatal, "\(place)\(text) (\(code))",
                brokerCode: code.rawValue)
        }
    }

    /// Why a commit was refused.
    init(commit code: ErrorCode, _ text: String) {
        switch code {
        case .groupAuthorizationFailed, .topicAuthorizationFailed:
            self.init(.commitFailed, .authorization, "\(text) (\(code))", brokerCode: code.rawValue)
        default:
            self.init(.commitFailed, .fatal, "\(text) (\(code))", brokerCode: code.rawValue)
        }
    }
}
