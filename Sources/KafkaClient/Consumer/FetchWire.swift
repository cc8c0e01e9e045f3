package import KafkaProtocol

/// The fetch machine's messages as Kafka's, and back. Topics are named and bear their ids; the encoder writes what the
/// negotiated version has.
package enum FetchWire {
    /// Fetch. Versions from 13 on may be used only if ``needsNames(_:)`` is false.
    package static func fetch(_ plan: FetchPlan) -> FetchRequest {
        var request = FetchRequest()
        request.maxWaitMs = plan.maximumWait
        request.minBytes = plan.minimumBytes
        request.maxBytes = plan.maximumBytes
        request.isolationLevel = plan.isolation
        request.sessionId = plan.sessionID
        request.sessionEpoch = plan.sessionEpoch
        request.rackId = plan.rack
        for entry in plan.entries {
            if request.topics.last?.topic != entry.partition.topic {
                var topic = FetchRequest.FetchTopic()
                topic.topic = entry.partition.topic
                topic.topicId = uuid(entry.topicID)
                request.topics.append(topic)
            }
            var partition = FetchRequest.FetchPartition()
            partition.partition = entry.partition.partition
            partition.currentLeaderEpoch = entry.leaderEpoch
            partition.fetchOffset = entry.offset
            partition.partitionMaxBytes = entry.maximumBytes
            request.topics[request.topics.count - 1].partitions.append(partition)
        }
        for entry in plan.forgotten {
            let last = request.forgottenTopicsData.last
            if last?.topic != entry.partition.topic || last?.topicId != uuid(entry.topicID) {
                var topic = FetchRequest.ForgottenTopic()
                topic.topic = entry.partition.topic
                topic.topicId = uuid(entry.topicID)
                request.forgottenTopicsData.append(topic)
            }
            request.forgottenTopicsData[request.forgottenTopicsData.count - 1].partitions
                .append(entry.partition.partition)
        }
        return request
    }

    /// Whether only versions that name topics can carry the request.
    package static func needsNames(_ plan: FetchPlan) -> Bool { plan.usesNames }

    /// Reads a Fetch answer.
    ///
    /// - Parameters:
    ///   - version: in which it came.
    ///   - frame: the bytes that the records lie in.
    package static func answer(
        _ response: FetchResponse, version: Int16, frame: UnsafeRawBufferPointer
    ) -> FetchAnswer {
        var partitions: [FetchedPartition] = []
        for topic in response.responses {
            let name: FetchedPartition.Topic =
                version >= 13
                ? .id(MetadataSnapshot.TopicID(high: topic.topicId.high, low: topic.topicId.low)) : .name(topic.topic)
            for entry in topic.partitions {
                let bytes = entry.records.bytes(in: frame)
                partitions.append(
                    FetchedPartition(
                        topic: name, partition: entry.partitionIndex, error: ErrorCode(rawValue: entry.errorCode),
                        highWatermark: entry.highWatermark, lastStableOffset: entry.lastStableOffset,
                        logStart: entry.logStartOffset, preferredReplica: entry.preferredReadReplica,
                        aborted: (entry.abortedTransactions ?? []).map {
                            AbortedTransaction(producerID: $0.producerId, firstOffset: $0.firstOffset)
                        },
                        span: bytes.map { FetchedSpan(scanning: $0) } ?? .empty))
            }
        }
        return FetchAnswer(
            error: ErrorCode(rawValue: response.errorCode), sessionID: response.sessionId,
            throttle: response.throttleTimeMs, partitions: partitions)
    }

    /// ListOffsets.
    package static func listOffsets(_ questions: [OffsetQuestion], isolation: Int8) -> ListOffsetsRequest {
        var request = ListOffsetsRequest()
        request.replicaId = -1
        request.isolationLevel = isolation
        for question in questions {
            if request.topics.last?.name != question.partition.topic {
                var topic = ListOffsetsRequest.ListOffsetsTopic()
                topic.name = question.partition.topic
                request.topics.append(topic)
            }
            var partition = ListOffsetsRequest.ListOffsetsPartition()
            partition.partitionIndex = question.partition.partition
            partition.currentLeaderEpoch = question.leaderEpoch
            partition.timestamp = question.timestamp
            request.topics[request.topics.count - 1].partitions.append(partition)
        }
        return request
    }

    /// Reads a ListOffsets answer.
    package static func listed(_ response: ListOffsetsResponse) -> [ListedOffset] {
        response.topics.flatMap { topic in
            topic.partitions.map {
                ListedOffset(
                    partition: TopicPartition(topic.name, $0.partitionIndex),
                    error: ErrorCode(rawValue: $0.errorCode), offset: $0.offset, leaderEpoch: $0.leaderEpoch)
            }
        }
    }

    /// OffsetForLeaderEpoch.
    package static func epochs(_ questions: [EpochQuestion]) -> OffsetForLeaderEpochRequest {
        var request = OffsetForLeaderEpochRequest()
        request.replicaId = -1
        for question in questions {
            if request.topics.last?.topic != question.partition.topic {
                var topic = OffsetForLeaderEpochRequest.OffsetForLeaderTopic()
                topic.topic = question.partition.topic
                request.topics.append(topic)
            }
            var partition = OffsetForLeaderEpochRequest.OffsetForLeaderPartition()
            partition.partition = question.partition.partition
            partition.currentLeaderEpoch = question.currentLeaderEpoch
            partition.leaderEpoch = question.leaderEpoch
            request.topics[request.topics.count - 1].partitions.append(partition)
        }
        return request
    }

    /// Reads an OffsetForLeaderEpoch answer.
    package static func ends(_ response: OffsetForLeaderEpochResponse) -> [EpochEnd] {
        response.topics.flatMap { topic in
            topic.partitions.map {
                EpochEnd(
                    partition: TopicPartition(topic.topic, $0.partition), error: ErrorCode(rawValue: $0.errorCode),
                    leaderEpoch: $0.leaderEpoch, endOffset: $0.endOffset)
            }
        }
    }

    private static func uuid(_ id: MetadataSnapshot.TopicID) -> KafkaUUID { KafkaUUID(high: id.high, low: id.low) }
}
