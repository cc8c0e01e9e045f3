internal import KafkaProtocol

extension Admin {
    /// The offsets of a point of each partition, in the order asked for; -1 where there is no such point.
    public func listOffsets(
        _ partitions: [TopicPartition], at point: LogPoint,
        completion: @escaping (Result<[(partition: TopicPartition, offset: Int64)], ClientError>) -> Void
    ) {
        guard !partitions.isEmpty else { return completion(.success([])) }
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            // Leaders may have moved since the last attempt, so each begins with the metadata.
            var names: [String] = []
            for partition in partitions where !names.contains(partition.topic) { names.append(partition.topic) }
            var request = MetadataRequest()
            request.allowAutoTopicCreation = false
            request.topics = names.map { name in
                var topic = MetadataRequest.MetadataRequestTopic()
                topic.name = name
                return topic
            }
            self.answer(request, to: .leastLoaded, deadline: deadline) { result in
                switch result {
                case .failure(let error): done(.failure(error))
                case .success(let answer):
                    let snapshot = MetadataSnapshot(answer.response, version: answer.version)
                    self.askLeaders(partitions, point, snapshot, deadline, done)
                }
            }
        }
    }

    private func askLeaders(
        _ partitions: [TopicPartition], _ point: LogPoint, _ snapshot: MetadataSnapshot, _ deadline: UInt64,
        _ done: @escaping (Result<[(partition: TopicPartition, offset: Int64)], ClientError>) -> Void
    ) {
        var byNode: [(node: Int32, request: ListOffsetsRequest)] = []
        for partition in partitions {
            if let topic = snapshot.topic(partition.topic), topic.errorCode != 0 {
                return done(
                    .failure(ClientError(brokerCode: topic.errorCode, nil, "topic \(partition.topic) cannot be read")))
            }
            guard let leader = snapshot.leader(topic: partition.topic, partition: partition.partition) else {
                return done(.failure(ClientError(brokerCode: 5, nil, "\(partition) has no leader at the moment")))
            }
            var place = byNode.firstIndex { $0.node == leader.leader } ?? byNode.count
            if place == byNode.count {
                var request = ListOffsetsRequest()
                request.replicaId = -1
                request.isolationLevel = point == .committedEnd ? 1 : 0
                byNode.append((leader.leader, request))
                place = byNode.count - 1
            }
            Self.add(partition, point, leader.leaderEpoch, to: &byNode[place].request)
        }
        let collector = OffsetCollector(partitions, awaited: byNode.count, done)
        for (node, request) in byNode {
            self.request(request, to: .node(node), deadline: deadline) { collector.take($0) }
        }
    }

    private static func add(
        _ partition: TopicPartition, _ point: LogPoint, _ epoch: Int32, to request: inout ListOffsetsRequest
    ) {
        var entry = ListOffsetsRequest.ListOffsetsPartition()
        entry.partitionIndex = partition.partition
        entry.currentLeaderEpoch = epoch
        switch point {
        case .start: entry.timestamp = -2
        case .end, .committedEnd: entry.timestamp = -1
        case .time(let milliseconds): entry.timestamp = max(milliseconds, 0)
        }
        if let place = request.topics.firstIndex(where: { $0.name.hasBytes(of: partition.topic) }) {
            request.topics[place].partitions.append(entry)
        } else {
            var topic = ListOffsetsRequest.ListOffsetsTopic()
            topic.name = partition.topic
            topic.partitions = [entry]
            request.topics.append(topic)
        }
    }
}

/// Puts the answers of several leaders together. Confined to the loop.
private final class OffsetCollector {
    private let partitions: [TopicPartition]
    private var awaited: Int
    private var found: [TopicPartition: Int64] = [:]
    private var failure: ClientError?
    private let done: (Result<[(partition: TopicPartition, offset: Int64)], ClientError>) -> Void

    init(
        _ partitions: [TopicPartition], awaited: Int,
        _ done: @escaping (Result<[(partition: TopicPartition, offset: Int64)], ClientError>) -> Void
    ) {
        self.partitions = partitions
        self.awaited = awaited
        self.done = done
    }

    func take(_ result: Result<ListOffsetsResponse, ClientError>) {
        awaited -= 1
        switch result {
        case .failure(let error): failure = failure ?? error
        case .success(let response):
            for topic in response.topics {
                for entry in topic.partitions {
                    let partition = TopicPartition(topic.name, entry.partitionIndex)
                    if entry.errorCode == 0 {
                        found[partition] = entry.offset
                    } else {
                        failure =
                            failure ?? ClientError(brokerCode: entry.errorCode, nil, "the offsets of \(partition) fail")
                    }
                }
            }
        }
        guard awaited == 0 else { return }
        if let failure { return done(.failure(failure)) }
        var offsets: [(partition: TopicPartition, offset: Int64)] = []
        for partition in partitions {
            guard let offset = found[partition] else { return done(.failure(Admin.incomplete("\(partition)"))) }
            offsets.append((partition, offset))
        }
        done(.success(offsets))
    }
}
