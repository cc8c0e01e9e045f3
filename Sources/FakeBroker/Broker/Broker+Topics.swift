internal import KafkaProtocol

// Topics that come and go, and partitions as requests name them.

extension Broker {
    /// Makes a topic, or says why not.
    mutating func createTopic(
        _ name: String, partitions: Int32, settings given: [(name: String, value: String)] = [], isTrial: Bool = false
    ) -> Result<TopicEntry?, Refusal> {
        guard TopicTable.isValid(name) else {
            return .failure(Refusal(.invalidTopicException, "Kafka does not allow the topic name '\(name)'."))
        }
        guard topics[name] == nil else {
            return .failure(Refusal(.topicAlreadyExists, "The topic '\(name)' exists already."))
        }
        guard partitions > 0 else {
            return .failure(Refusal(.invalidPartitions, "A topic has one partition or more."))
        }
        guard topics.partitionCount + Int(partitions) <= settings.maximumPartitions else {
            let limit = settings.maximumPartitions
            return .failure(
                Refusal(.policyViolation, "There would be more than \(limit) partitions (--max-partitions)."))
        }
        if let refusal = TopicSettings.refusal(of: given) { return .failure(refusal) }
        if isTrial { return .success(nil) }
        let entry = topics.add(name, partitions: Int(partitions), settings: given)
        for slot in entry.slots {
            while cluster.partitions.count <= slot {
                cluster.partitions.append(PartitionModel(leader: Self.node))
                contents.append(PartitionContent())
            }
            cluster.partitions[slot] = PartitionModel(leader: Self.node)
            contents[slot] = PartitionContent()
        }
        return .success(entry)
    }

    /// Removes a topic with its records and committed offsets.
    mutating func deleteTopic(_ entry: TopicEntry) {
        topics.remove(entry.name)
        for slot in entry.slots {
            cluster.partitions[slot] = PartitionModel(leader: Self.node)
            contents[slot] = PartitionContent()
        }
        groups.forgetOffsets(of: entry.name)
        // Slots are given to other topics. What sessions and waiting requests know of them is void: clients begin anew.
        sessions.dropSessions()
        let waiting = waitingFetches
        waitingFetches = []
        for fetch in waiting { FetchAPI.refuse(fetch.pending, ErrorCode.fetchSessionIdNotFound.rawValue, &self) }
    }

    /// The slot of a partition, or the error that a request for it gets.
    func slot(_ name: String, _ id: KafkaUUID, _ partition: Int32) -> Result<(TopicEntry, Int), Refusal> {
        guard let topic = topics.find(name, id) else {
            return .failure(Refusal(id == .zero ? .unknownTopicOrPartition : .unknownTopicId, nil))
        }
        guard let slot = topic.slot(partition) else { return .failure(Refusal(.unknownTopicOrPartition, nil)) }
        return .success((topic, slot))
    }
}

/// An error with a word about it.
struct Refusal: Error, Equatable {
    let code: ErrorCode
    let message: String?

    init(_ code: ErrorCode, _ message: String?) {
        self.code = code
        self.message = message
    }
}
