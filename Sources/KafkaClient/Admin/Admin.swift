internal import EventLoop
internal import KafkaProtocol

/// Questions and orders to a cluster: topics, log ends, committed offsets of groups.
///
/// Confined to the cluster's loop, where completions run too, exactly once each. Every call goes on by itself over lost
/// connections, moved leaders and coordinators until `default.api.timeout.ms` has passed.
public final class Admin {
    let cluster: KafkaCluster
    let clientID: String
    private let timeout: UInt64
    private let backoff: Backoff
    private var random: SeededRandom

    /// Speaks to a cluster, with the client id and time-outs of `settings` where they are given.
    public init(cluster: KafkaCluster, settings: ClientSettings? = nil) {
        self.cluster = cluster
        let settings = settings ?? cluster.settings
        clientID = settings.clientID
        timeout = settings.role == .admin ? settings.apiTimeout : 60_000_000_000
        backoff = settings.retryBackoff
        random = SeededRandom(seed: EventLoop.now())
    }

    // MARK: - Topics

    /// Creates a topic. One that exists is `.alreadyExists`, not an error. The creation may take a moment to show in the
    /// metadata of all brokers.
    ///
    /// - Errors: of the broker, such as 38 when there are fewer brokers than replicas, 40 for a setting that it does not
    ///   take, 29 without the right.
    public func createTopic(
        _ topic: NewTopic, completion: @escaping (Result<TopicCreationOutcome, ClientError>) -> Void
    ) {
        var creatable = CreateTopicsRequest.CreatableTopic()
        creatable.name = topic.name
        creatable.numPartitions = topic.partitionCount
        creatable.replicationFactor = topic.replicationFactor
        creatable.configs = topic.configs.map { pair in
            var config = CreateTopicsRequest.CreatableTopicConfig()
            config.name = pair.key
            config.value = pair.value
            return config
        }
        let wanted = creatable
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var request = CreateTopicsRequest()
            request.topics = [wanted]
            request.timeoutMs = Self.milliseconds(until: deadline)
            self.request(request, to: .controller, deadline: deadline) { result in
                done(
                    result.flatMap { response in
                        guard let entry = response.topics.first(where: { $0.name == wanted.name }) else {
                            return .failure(Self.incomplete("topic \(wanted.name)"))
                        }
                        if entry.errorCode == 36 { return .success(.alreadyExists) }
                        if entry.errorCode == 41 { self.cluster.refreshMetadata(reason: "not the controller") }
                        return Self.check(
                            entry.errorCode, entry.errorMessage, "topic \(wanted.name) cannot be created"
                        ).map { .created }
                    })
            }
        }
    }

    /// What the cluster says of topics, without creating any. Topics that do not exist come with error code 3.
    public func describeTopics(
        _ names: [String], completion: @escaping (Result<[MetadataSnapshot.Topic], ClientError>) -> Void
    ) {
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var request = MetadataRequest()
            request.allowAutoTopicCreation = false
            request.topics = names.map { name in
                var topic = MetadataRequest.MetadataRequestTopic()
                topic.name = name
                return topic
            }
            self.answer(request, to: .leastLoaded, deadline: deadline) { result in
                done(result.map { MetadataSnapshot($0.response, version: $0.version).topics })
            }
        }
    }

    /// The settings of a topic that the broker reports, by name; sensitive values are left out.
    public func topicConfig(
        _ name: String, completion: @escaping (Result<[String: String], ClientError>) -> Void
    ) {
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var resource = DescribeConfigsRequest.DescribeConfigsResource()
            resource.resourceType = 2
            resource.resourceName = name
            resource.configurationKeys = nil
            var request = DescribeConfigsRequest()
            request.resources = [resource]
            self.request(request, to: .leastLoaded, deadline: deadline) { result in
                done(
                    result.flatMap { response in
                        guard let entry = response.results.first else {
                            return .failure(Self.incomplete("topic \(name)"))
                        }
                        return Self.check(
                            entry.errorCode, entry.errorMessage, "the settings of topic \(name) cannot be read"
                        ).map {
                            var values: [String: String] = [:]
                            for config in entry.configs where !config.isSensitive {
                                if let value = config.value { values[config.name] = value }
                            }
                            return values
                        }
                    })
            }
        }
    }

    /// Asks the cluster for its brokers.
    public func describeCluster(completion: @escaping (Result<ClusterDescription, ClientError>) -> Void) {
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var request = MetadataRequest()
            request.topics = []
            request.allowAutoTopicCreation = false
            self.answer(request, to: .leastLoaded, deadline: deadline) { result in
                done(
                    result.map { answer in
                        let snapshot = MetadataSnapshot(answer.response, version: answer.version)
                        return ClusterDescription(
                            id: snapshot.clusterID, controller: snapshot.controllerID, brokers: snapshot.brokers)
                    })
            }
        }
    }

    // MARK: - Steps

    func answer<R: KafkaRequest>(
        _ request: R, to destination: KafkaCluster.Destination, deadline: UInt64,
        completion: @escaping (Result<KafkaCluster.Answer<R.Response>, ClientError>) -> Void
    ) {
        let limit = min(deadline, adding(cluster.settings.requestTimeout, to: EventLoop.now()))
        let options = KafkaCluster.RequestOptions(deadline: limit, clientID: clientID)
        cluster.request(request, to: destination, options: options, completion: completion)
    }

    func request<R: KafkaRequest>(
        _ request: R, to destination: KafkaCluster.Destination, deadline: UInt64,
        completion: @escaping (Result<R.Response, ClientError>) -> Void
    ) {
        answer(request, to: destination, deadline: deadline) { completion($0.map(\.response)) }
    }

    /// Repeats an attempt after retriable errors, with growing pauses, until the time is up.
    func retrying<Value>(
        _ completion: @escaping (Result<Value, ClientError>) -> Void,
        _ attempt: @escaping (_ deadline: UInt64, _ done: @escaping (Result<Value, ClientError>) -> Void) -> Void
    ) {
        retry(deadline: adding(timeout, to: EventLoop.now()), failures: 0, completion, attempt)
    }

    private func retry<Value>(
        deadline: UInt64, failures: Int, _ completion: @escaping (Result<Value, ClientError>) -> Void,
        _ attempt: @escaping (UInt64, @escaping (Result<Value, ClientError>) -> Void) -> Void
    ) {
        attempt(deadline) { [self] result in
            guard case .failure(let error) = result, error.isRetriable, !cluster.isClosed else {
                return completion(result)
            }
            let pause = backoff.wait(failures: failures, random: random.next())
            let next = adding(pause, to: EventLoop.now())
            guard next < deadline else { return completion(result) }
            cluster.loop.schedule(at: next) { [self] in
                retry(deadline: deadline, failures: failures + 1, completion, attempt)
            }
        }
    }

    static func check(_ code: Int16, _ message: String?, _ problem: String) -> Result<Void, ClientError> {
        guard code != 0 else { return .success(()) }
        return .failure(ClientError(brokerCode: code, message, problem))
    }

    static func incomplete(_ what: String) -> ClientError {
        ClientError(.malformedAnswer, .retriable, "the broker's answer says nothing of \(what)")
    }

    static func milliseconds(until deadline: UInt64) -> Int32 {
        let now = EventLoop.now()
        return Int32(clamping: deadline > now ? (deadline - now) / 1_000_000 : 1)
    }
}

extension ClientError {
    /// A broker's refusal in a sentence: what does not work, the code's name, the broker's own words.
    init(brokerCode: Int16, _ message: String?, _ problem: String) {
        let code = ErrorCode(rawValue: brokerCode)
        let words = message.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        let kind: Kind = code.isAuthorization ? .authorization : code.isRetriable ? .retriable : .fatal
        self.init(.broker, kind, "\(problem): \(code)\(words)", brokerCode: brokerCode)
    }
}
