/// Why something the client was asked to do failed, and what the caller may do about it.
///
/// One type for the whole client. `code` says what happened in words that stay the same between releases, `kind` decides
/// the next step, `brokerCode` is what the broker answered (0 when the failure arose in the client), and `message` is one
/// sentence for an operator that says what to do. Values are immutable and may cross threads.
public struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What happened. A struct over private storage, so that new codes do not break a caller's `switch`.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The dotted words under which logs and status show the code.
        public let name: String

        private init(_ name: String) { self.name = name }

        /// Settings that cannot be used; `message` lists every problem.
        public static let invalidSettings = Code("client.invalid-settings")
        /// A connection could not be opened or was lost before the answer came. The outcome of the request is unknown.
        public static let disconnected = Code("client.disconnected")
        /// No answer within the time allowed. The outcome of the request is unknown.
        public static let timedOut = Code("client.timed-out")
        /// No broker could be found that may take the request.
        public static let noBroker = Code("client.no-broker")
        /// The broker does not offer a version of the request that this client speaks.
        public static let unsupportedVersion = Code("client.unsupported-version")
        /// The peer sent bytes that are not Kafka's protocol.
        public static let malformedAnswer = Code("client.malformed-answer")
        /// The broker answered with an error code; see `brokerCode`.
        public static let broker = Code("client.broker-error")
        /// A record or batch is larger than the producer or the broker allows.
        public static let recordTooLarge = Code("client.record-too-large")
        /// `delivery.timeout.ms` passed before the broker confirmed a batch.
        public static let deliveryTimedOut = Code("client.delivery-timed-out")
        /// More waits to be sent than `buffer.memory` allows.
        public static let bufferFull = Code("client.buffer-full")
        /// The system had no memory for what had to be done.
        public static let noMemory = Code("client.no-memory")
        /// The topic or partition does not exist, or its name is not legal.
        public static let unknownTopic = Code("client.unknown-topic")
        /// The object was closed before or while this was under way.
        public static let closed = Code("client.closed")
        /// The producer met an error after which it takes no more records.
        public static let producerFailed = Code("client.producer-failed")
        /// The group member met an error after which it must be made anew.
        public static let groupFailed = Code("client.group-failed")
        /// A commit was refused because the member no longer owns the partitions.
        public static let commitFailed = Code("client.commit-failed")
        /// A partition has no committed offset and `auto.offset.reset` is `none`, or its position is gone from the log.
        public static let noOffset = Code("client.no-offset")
        /// Fetched bytes are damaged.
        public static let corruptRecord = Code("client.corrupt-record")

        /// The dotted words of the code.
        public var description: String { name }
    }

    /// What a caller may do next.
    public enum Kind: Sendable, Hashable {
        /// The same call may work later.
        case retriable
        /// The principal lacks a right: it helps to change the access rules, not to repeat the call.
        case authorization
        /// Who we are was not accepted: no reconnecting helps.
        case authentication
        /// The settings or arguments are at fault.
        case configuration
        /// Repeating does not help; the object that failed must be made anew or the data changed.
        case fatal
    }

    /// What happened.
    public let code: Code
    /// What the caller may do.
    public let kind: Kind
    /// The broker's error code, 0 when the failure arose in the client.
    public let brokerCode: Int16
    /// One sentence for an operator: what failed and what to do.
    public let message: String

    /// Makes an error.
    public init(_ code: Code, _ kind: Kind, _ message: String, brokerCode: Int16 = 0) {
        self.code = code
        self.kind = kind
        self.brokerCode = brokerCode
        self.message = message
    }

    /// The code and the message.
    public var description: String { "\(message) [\(code.name)]" }

    /// Whether the same call may work later.
    public var isRetriable: Bool { kind == .retriable }
}
