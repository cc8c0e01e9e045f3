/// What a Produce error code means for the batch that met it.
enum ProduceVerdict: Equatable {
    case success
    /// The log has it already, the offset is forgotten.
    case duplicate
    /// Send the same bytes again after a pause.
    case retry(refreshesMetadata: Bool, isOutcomeUnknown: Bool)
    /// Split when there is more than one record, else give up.
    case tooLarge
    /// The broker misses records before this batch.
    case outOfSequence
    /// The broker has forgotten the producer.
    case unknownProducer
    /// Another instance has raised the epoch of our id.
    case staleEpoch
    /// The batch is lost, others go on.
    case fail(isOutcomeUnknown: Bool)
    /// The producer is lost.
    case fatal

    /// Codes of Kafka 4.3; those that never come to a producer, and unknown ones, give the batch up.
    init(errorCode: Int16) {
        switch errorCode {
        case 0: self = .success
        case 46: self = .duplicate
        case 10: self = .tooLarge
        case 45: self = .outOfSequence
        case 59: self = .unknownProducer
        case 47: self = .staleEpoch
        case 31, 53, 90, 35, 49: self = .fatal
        // 7 and 20 come after an append that may stand.
        case 7, 20: self = .retry(refreshesMetadata: false, isOutcomeUnknown: true)
        case 13: self = .retry(refreshesMetadata: true, isOutcomeUnknown: true)
        // A leader that has appended, and loses the partition or its disk while it waits for the followers, says so with these.
        case 3, 6, 56: self = .retry(refreshesMetadata: true, isOutcomeUnknown: true)
        case 5, 9, 72, 74, 80, 83, 84, 100, 103:
            self = .retry(refreshesMetadata: true, isOutcomeUnknown: false)
        case 15, 16: self = .retry(refreshesMetadata: true, isOutcomeUnknown: false)
        case 2, 14, 19, 41, 51, 70, 71, 75, 78, 88, 89, 106, 122, 123, 133:
            self = .retry(refreshesMetadata: false, isOutcomeUnknown: false)
        // What the broker did not foresee may have happened behind the append, and what this table does not know anywhere.
        case 1, 17, 21, 29, 32, 43, 44, 76, 87: self = .fail(isOutcomeUnknown: false)
        default: self = .fail(isOutcomeUnknown: true)
        }
    }
}
