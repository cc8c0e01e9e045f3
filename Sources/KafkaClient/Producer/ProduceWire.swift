internal import KafkaProtocol

/// What of a producer's machine goes over the wire: its commands as requests, and what comes back in its words.
enum ProduceWire {
    /// The request that a command means. Batches are stamped where the machine says so.
    ///
    /// - Parameter sealed: a batch by the number that the machine knows it by; one that is gone is left out.
    static func request(
        _ command: ProduceCommand, _ settings: ClientSettings, _ slots: ProducerSlots,
        sealed: (Int) -> RecordBatch?
    ) -> ProduceRequest {
        var request = ProduceRequest()
        request.acks = settings.producer.acks.rawValue
        request.timeoutMs = Int32(clamping: settings.requestTimeout / 1_000_000)
        for part in command.parts {
            guard let batch = sealed(part.batch) else { continue }
            if let stamp = part.stamp {
                batch.stamp(
                    producerID: stamp.identity.id, epoch: stamp.identity.epoch, baseSequence: stamp.baseSequence)
            }
            var data = ProduceRequest.PartitionProduceData()
            data.index = slots[part.slot].partition
            data.records = .gather([batch.segment])
            let name = slots[part.slot].name
            if let place = request.topicData.firstIndex(where: { $0.name.hasBytes(of: name) }) {
                request.topicData[place].partitionData.append(data)
            } else {
                var topic = ProduceRequest.TopicProduceData()
                topic.name = name
                topic.partitionData = [data]
                request.topicData.append(topic)
            }
        }
        return request
    }

    /// Why there is no answer.
    static func failure(_ error: ClientError) -> RequestFailure {
        switch error.code {
        case .timedOut: .timedOut
        case .noBroker, .closed: .notSent
        case .unsupportedVersion: .unsupportedVersion
        case .malformedAnswer: .malformed
        default: .disconnected
        }
    }
}

extension ProduceAnswer {
    init(_ slot: Int, _ partition: ProduceResponse.PartitionProduceResponse) {
        var message = partition.errorMessage
        if let first = partition.recordErrors.first {
            let count = partition.recordErrors.count
            let words = first.batchIndexErrorMessage ?? message ?? "refused"
            message =
                "record \(first.batchIndex) of the batch: \(words)" + (count > 1 ? " (and \(count - 1) more)" : "")
        }
        self.init(
            slot: slot, errorCode: partition.errorCode, baseOffset: partition.baseOffset,
            logStartOffset: partition.logStartOffset, appendTime: partition.logAppendTimeMs, message: message)
    }
}

extension MetadataSnapshot.Broker {
    /// A node that an answer names beside a leader; nil when it makes no sense.
    init?(_ endpoint: ProduceResponse.NodeEndpoint) {
        guard let port = UInt16(exactly: endpoint.port), port > 0, !endpoint.host.isEmpty, endpoint.nodeId >= 0 else {
            return nil
        }
        self.init(
            id: endpoint.nodeId, address: BrokerAddress(host: endpoint.host, port: port), rack: endpoint.rack)
    }
}
