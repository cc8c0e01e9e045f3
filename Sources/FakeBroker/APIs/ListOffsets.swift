internal import KafkaProtocol

/// ListOffsets (2): where a partition begins and ends, and the offset of a time.
enum ListOffsetsAPI: BrokerAPI {
    static let namesTopics = true

    static func answer(_ request: ListOffsetsRequest, _ call: Call, _ broker: inout Broker) {
        // Each may look through a whole log, so each is asked about once, as in Kafka.
        let repeated = request.topics.flatMap { topic in topic.partitions.map { Place(topic.name, $0.partitionIndex) } }
            .repeated(\.self)
        broker.reply(
            map(request) { topic, part, place in
                guard !repeated.contains(Place(topic.name, part.partitionIndex)) else {
                    place.errorCode = ErrorCode.invalidRequest.rawValue
                    return
                }
                switch find(topic.name, part, broker) {
                case .failure(let code): place.errorCode = code.errorCode
                case .success(let found):
                    place.offset = found.offset
                    place.timestamp = found.timestamp
                    place.leaderEpoch = found.epoch
                }
            }, to: call.pending)
    }

    static func refusal(_ request: ListOffsetsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> ListOffsetsResponse
    {
        map(request) { _, _, place in place.errorCode = code }
    }

    static func topics(of request: ListOffsetsRequest, _ broker: Broker) -> [String] { request.topics.map(\.name) }

    private struct Place: Hashable {
        let topic: String
        let partition: Int32

        init(_ topic: String, _ partition: Int32) {
            self.topic = topic
            self.partition = partition
        }
    }

    private static func map(
        _ request: ListOffsetsRequest,
        _ fill: (
            ListOffsetsRequest.ListOffsetsTopic, ListOffsetsRequest.ListOffsetsPartition,
            inout ListOffsetsResponse.ListOffsetsPartitionResponse
        ) -> Void
    ) -> ListOffsetsResponse {
        var response = ListOffsetsResponse()
        response.topics = request.topics.map { topic in
            var entry = ListOffsetsResponse.ListOffsetsTopicResponse()
            entry.name = topic.name
            entry.partitions = topic.partitions.map { part in
                var place = ListOffsetsResponse.ListOffsetsPartitionResponse()
                place.partitionIndex = part.partitionIndex
                fill(topic, part, &place)
                return place
            }
            return entry
        }
        return response
    }

    private static func find(
        _ name: String, _ part: ListOffsetsRequest.ListOffsetsPartition, _ broker: Broker
    ) -> Result<(offset: Int64, timestamp: Int64, epoch: Int32), FetchRefusal> {
        guard case .success(let (_, slot)) = broker.slot(name, .zero, part.partitionIndex) else {
            return .failure(FetchRefusal(errorCode: ErrorCode.unknownTopicOrPartition.rawValue))
        }
        let partition = broker.cluster.partitions[slot]
        let epoch = partition.leaderEpoch
        switch part.timestamp {
        // The end and the start of the log; -4 is the start of what is kept on the broker itself.
        case -1, -2, -4:
            return partition.listOffset(
                part.timestamp == -1 ? -1 : -2, at: Broker.node, currentEpoch: part.currentLeaderEpoch
            ).map { ($0, -1, epoch) }
        case -3:
            let latest = broker.contents[slot].batches.map(\.maxTimestamp).max() ?? -1
            return .success(
                broker.record(at: latest, in: slot).map { ($0.offset, $0.timestamp, epoch) } ?? (-1, -1, -1))
        case 0...:
            let found = broker.record(at: part.timestamp, in: slot)
            return .success(found.map { ($0.offset, $0.timestamp, epoch) } ?? (-1, -1, -1))
        default: return .success((-1, -1, -1))
        }
    }
}

extension Broker {
    /// The first record that is not older than a time.
    fileprivate func record(at timestamp: Int64, in slot: Int) -> (offset: Int64, timestamp: Int64)? {
        guard timestamp >= 0 else { return nil }
        for batch in contents[slot].batches where batch.maxTimestamp >= timestamp {
            let found: (Int64, Int64)? = withExtendedLifetime(batch) {
                var reader = RecordBatchReader(
                    batch.bytes, from: cluster.partitions[slot].logStartOffset, decompressor: decompressor,
                    checksums: false)
                // What is stored was read through when it came.
                guard (try? reader.nextBatch()) ?? nil != nil else { return nil }
                while let record = (try? reader.next()) ?? nil {
                    if record.timestamp >= timestamp { return (record.offset, record.timestamp) }
                }
                return nil
            }
            if let found { return found }
        }
        return nil
    }
}
