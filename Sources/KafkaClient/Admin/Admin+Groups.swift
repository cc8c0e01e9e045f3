internal import EventLoop
internal import KafkaProtocol

// Groups are managed at their coordinators; a coordinator that moved is looked up anew and asked again.
extension Admin {
    /// The committed offsets of a group; empty for a group that does not exist.
    public func groupOffsets(
        group: String, completion: @escaping (Result<[GroupOffset], ClientError>) -> Void
    ) {
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var request = OffsetFetchRequest()
            request.groupId = group
            request.topics = nil
            self.askCoordinator(request, group, deadline, maximumVersion: 7) { result in
                done(
                    result.flatMap { response in
                        self.check(response.errorCode, group, "the offsets of group \(group) cannot be read").flatMap {
                            Self.offsets(response, group)
                        }
                    })
            }
        }
    }

    private static func offsets(_ response: OffsetFetchResponse, _ group: String) -> Result<[GroupOffset], ClientError>
    {
        var offsets: [GroupOffset] = []
        for topic in response.topics {
            for partition in topic.partitions {
                if partition.errorCode != 0 {
                    let place = "\(topic.name)-\(partition.partitionIndex)"
                    return .failure(
                        ClientError(
                            brokerCode: partition.errorCode, nil, "group \(group)'s offset of \(place) cannot be read"))
                }
                guard partition.committedOffset >= 0 else { continue }
                offsets.append(
                    GroupOffset(
                        TopicPartition(topic.name, partition.partitionIndex), offset: partition.committedOffset,
                        leaderEpoch: partition.committedLeaderEpoch, metadata: partition.metadata ?? ""))
            }
        }
        return .success(offsets)
    }

    /// Sets committed offsets of a group without members; it is created where it does not exist.
    public func alterGroupOffsets(
        group: String, _ offsets: [GroupOffset], completion: @escaping (Result<Void, ClientError>) -> Void
    ) {
        if let bad = offsets.first(where: { $0.offset < 0 }) {
            // Brokers accept negative offsets, and readers then start anywhere.
            return completion(
                .failure(
                    ClientError(
                        .commitFailed, .configuration, "offset \(bad.offset) of \(bad.partition) is negative")))
        }
        guard !offsets.isEmpty else { return completion(.success(())) }
        var request = OffsetCommitRequest()
        request.groupId = group
        for offset in offsets {
            var partition = OffsetCommitRequest.OffsetCommitRequestPartition()
            partition.partitionIndex = offset.partition.partition
            partition.committedOffset = offset.offset
            partition.committedLeaderEpoch = offset.leaderEpoch
            partition.committedMetadata = offset.metadata
            if let place = request.topics.firstIndex(where: { $0.name.hasBytes(of: offset.partition.topic) }) {
                request.topics[place].partitions.append(partition)
            } else {
                var topic = OffsetCommitRequest.OffsetCommitRequestTopic()
                topic.name = offset.partition.topic
                topic.partitions = [partition]
                request.topics.append(topic)
            }
        }
        let message = request
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            self.askCoordinator(message, group, deadline, maximumVersion: 9) { result in
                done(
                    result.flatMap { response in
                        for topic in response.topics {
                            for partition in topic.partitions
                            where ErrorCode(rawValue: partition.errorCode) == .unknownTopicOrPartition {
                                // Whoever names it means one that exists: it is not waited for, as Java's client does not.
                                let place = "\(topic.name)-\(partition.partitionIndex)"
                                return .failure(
                                    ClientError(
                                        .commitFailed, .configuration,
                                        "group \(group)'s offset of \(place) cannot be set: there is no such partition",
                                        brokerCode: partition.errorCode))
                            }
                        }
                        let codes = response.topics.flatMap { $0.partitions.map(\.errorCode) }
                        return self.check(
                            codes.first { $0 != 0 } ?? 0, group,
                            "offsets of group \(group) cannot be set (a group with members refuses)")
                    })
            }
        }
    }

    /// Deletes committed offsets of a group; partitions without one, and a missing group, are success.
    public func deleteGroupOffsets(
        group: String, _ partitions: [TopicPartition], completion: @escaping (Result<Void, ClientError>) -> Void
    ) {
        guard !partitions.isEmpty else { return completion(.success(())) }
        var request = OffsetDeleteRequest()
        request.groupId = group
        for partition in partitions {
            var entry = OffsetDeleteRequest.OffsetDeleteRequestPartition()
            entry.partitionIndex = partition.partition
            if let place = request.topics.firstIndex(where: { $0.name.hasBytes(of: partition.topic) }) {
                request.topics[place].partitions.append(entry)
            } else {
                var topic = OffsetDeleteRequest.OffsetDeleteRequestTopic()
                topic.name = partition.topic
                topic.partitions = [entry]
                request.topics.append(topic)
            }
        }
        let message = request
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            self.askCoordinator(message, group, deadline) { result in
                done(
                    result.flatMap { response in
                        let codes = [response.errorCode] + response.topics.flatMap { $0.partitions.map(\.errorCode) }
                        let code = codes.first { $0 != 0 && $0 != 69 && $0 != 3 } ?? 0
                        return self.check(code, group, "offsets of group \(group) cannot be deleted")
                    })
            }
        }
    }

    /// Deletes a group without members; a missing one is success.
    public func deleteGroup(_ group: String, completion: @escaping (Result<Void, ClientError>) -> Void) {
        retrying(completion) { [weak self] deadline, done in
            guard let self else { return done(.failure(KafkaCluster.closedError)) }
            var request = DeleteGroupsRequest()
            request.groupsNames = [group]
            self.askCoordinator(request, group, deadline) { result in
                done(
                    result.flatMap { response in
                        guard let entry = response.results.first(where: { $0.groupId == group }) else {
                            return .failure(Self.incomplete("group \(group)"))
                        }
                        if entry.errorCode == 69 { return .success(()) }
                        return self.check(entry.errorCode, group, "group \(group) cannot be deleted")
                    })
            }
        }
    }

    private func askCoordinator<R: KafkaRequest>(
        _ request: R, _ group: String, _ deadline: UInt64, maximumVersion: Int16? = nil,
        _ completion: @escaping (Result<R.Response, ClientError>) -> Void
    ) {
        let limit = min(deadline, adding(cluster.settings.requestTimeout, to: EventLoop.now()))
        var options = KafkaCluster.RequestOptions(deadline: limit, clientID: clientID)
        options.maximumVersion = maximumVersion
        cluster.request(request, to: .groupCoordinator(group), options: options) { [weak self] result in
            if case .failure(let error) = result, error.isRetriable {
                self?.cluster.invalidateCoordinator(group: group)
            }
            completion(result.map(\.response))
        }
    }

    private func check(_ code: Int16, _ group: String, _ problem: String) -> Result<Void, ClientError> {
        if ErrorCode(rawValue: code).findsCoordinator { cluster.invalidateCoordinator(group: group) }
        return Self.check(code, nil, problem)
    }
}
