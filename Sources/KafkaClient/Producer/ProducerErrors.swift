internal import KafkaProtocol

/// Turns what the machine says of a failure into a sentence for an operator.
enum ProducerErrors {
    static func explain(
        _ failure: ProducerFailure, topic: String?, partition: Int32?, settings: ProducerSettings
    ) -> ClientError {
        let place = topic.map { "\($0)-\(partition ?? 0)" } ?? "the cluster"
        let broker = ErrorCode(rawValue: failure.errorCode)
        let words = failure.message.map { ": \($0)" } ?? ""
        switch failure.reason {
        case .deliveryTimedOut:
            return ClientError(
                .deliveryTimedOut, .retriable,
                "records for \(place) were not confirmed within delivery.timeout.ms; they may be in the log or not")
        case .retriesExhausted:
            return ClientError(
                .broker, .retriable,
                "records for \(place) failed \(settings.retries) times, last with \(broker)\(words)",
                brokerCode: failure.errorCode)
        case .tooLarge:
            return ClientError(
                .recordTooLarge, .fatal,
                "a record for \(place) is larger than the topic's max.message.bytes\(words); raise that, or send less",
                brokerCode: 10)
        case .unsupportedVersion:
            return ClientError(
                .unsupportedVersion, .fatal, "the broker is too old for this producer; it needs Kafka 2.4 or newer",
                brokerCode: 35)
        case .partitionGone:
            return ClientError(
                .unknownTopic, .fatal,
                "records for \(place) have nowhere to go: the topic was made anew with fewer partitions; restart what"
                    + " writes them, so that they are shared out among those that there are", brokerCode: 3)
        case .inDoubt:
            return ClientError(
                .broker, .fatal,
                "records for \(place) may be in the log already: their batch was sent, the answer was lost, and then it was"
                    + " larger than max.message.bytes, which seems to have been lowered; the smaller ones that it was cut"
                    + " into do not follow what the log holds (\(broker)\(words)), and to write them anew could double them",
                brokerCode: failure.errorCode)
        case .noMemory:
            return ClientError(
                .noMemory, .retriable,
                "records for \(place) are in a batch that is larger than the topic's max.message.bytes, and it could not be"
                    + " cut into smaller ones\(words); lower batch.size, or give the process more memory")
        case .notCut:
            return ClientError(
                .producerFailed, .fatal,
                "records for \(place) are in a batch that is larger than the topic's max.message.bytes, and it cannot be"
                    + " cut into smaller ones\(words); lower batch.size", brokerCode: failure.errorCode)
        case .closed:
            return KafkaCluster.closedError
        case .broker:
            let kind: ClientError.Kind =
                broker.isAuthorization ? .authorization : broker.isRetriable ? .retriable : .fatal
            let code: ClientError.Code = failure.errorCode == 17 ? .unknownTopic : .broker
            return ClientError(
                code, kind, "\(place): the broker refuses records with \(broker)\(words)", brokerCode: failure.errorCode
            )
        }
    }
}
