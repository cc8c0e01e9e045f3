import ConnectModel
import KafkaClient
import KafkaProtocol
import Logging

/// What the search for a topic asks a cluster.
protocol TopicAdministration: AnyObject {
    func describeTopics(
        _ names: [String], completion: @escaping (Result<[MetadataSnapshot.Topic], ClientError>) -> Void)
    func createTopic(_ topic: NewTopic, completion: @escaping (Result<TopicCreationOutcome, ClientError>) -> Void)
}

extension Admin: TopicAdministration {}

/// Finds one topic, and creates it where the cluster says that there is none. Confined to the loop; alive until its answer.
///
/// A broker that does not answer is asked again without end: only an answer says that the topic is missing, and a creation
/// whose outcome is unknown is looked up again. Java fails the task where a creation times out, which loses nothing but the
/// task.
final class TopicSearch {
    private let wanted: NewTopic
    private let admin: any TopicAdministration
    private let later: (@escaping () -> Void) -> Void
    private let isAbandoned: () -> Bool
    private var isTold = false
    private static let log = Logger("connect.kafka.topics")

    /// - Parameters:
    ///   - later: runs a job after a pause.
    ///   - isAbandoned: whether nobody waits for the answer any more; then nothing more is asked, and nothing answered.
    init(
        _ wanted: NewTopic, admin: any TopicAdministration, later: @escaping (@escaping () -> Void) -> Void,
        isAbandoned: @escaping () -> Bool
    ) {
        self.wanted = wanted
        self.admin = admin
        self.later = later
        self.isAbandoned = isAbandoned
    }

    func run(_ done: @escaping (Result<Void, ConnectError>) -> Void) {
        guard !isAbandoned() else { return }
        admin.describeTopics([wanted.name]) { [self] result in
            switch result {
            case .failure(let error): failed("looked up", error, done)
            case .success(let topics):
                switch topics.first(where: { $0.name == wanted.name })?.errorCode ?? Self.unknownTopic {
                case 0: found(done)
                case Self.unknownTopic: create(done)
                case let code: failed("looked up", Self.refusal(KafkaProtocol.ErrorCode(rawValue: code)), done)
                }
            }
        }
    }

    private func create(_ done: @escaping (Result<Void, ConnectError>) -> Void) {
        guard !isAbandoned() else { return }
        admin.createTopic(wanted) { [self] result in
            switch result {
            case .success(let outcome):
                if outcome == .created { Self.log.info("Created a topic", [LogField("topic", wanted.name)]) }
                found(done)
            case .failure(let error): failed("created", error, done)
            }
        }
    }

    private static let unknownTopic: Int16 = 3

    private static func refusal(_ code: KafkaProtocol.ErrorCode) -> ClientError {
        let kind: ClientError.Kind = code.isRetriable ? .retriable : code.isAuthorization ? .authorization : .fatal
        return ClientError(.broker, kind, code.description, brokerCode: code.rawValue)
    }

    private func found(_ done: (Result<Void, ConnectError>) -> Void) {
        if isTold { Self.log.info("The topic can be used now", [LogField("topic", wanted.name)]) }
        done(.success(()))
    }

    private func failed(
        _ what: String, _ error: ClientError, _ done: @escaping (Result<Void, ConnectError>) -> Void
    ) {
        guard error.isRetriable else {
            return done(
                .failure(
                    ConnectError(
                        error.kind == .authorization ? .kafkaAuthorization : .kafkaRefused,
                        "Task failed to create new topic \(wanted.name): it cannot be \(what). Ensure that the task is "
                            + "authorized to create topics or that the topic exists and restart the task: "
                            + error.message)))
        }
        guard !isAbandoned() else { return }
        if !isTold {
            isTold = true
            Self.log.warning(
                "The topic cannot be \(what) yet, and records for it wait: \(error.message)",
                [LogField("topic", wanted.name)])
        }
        later { [self] in run(done) }
    }
}
