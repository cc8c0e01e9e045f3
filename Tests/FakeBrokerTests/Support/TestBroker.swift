import KafkaProtocol
import Testing

@testable import FakeBroker

/// A broker without a socket: requests as bytes in, answers as bytes out, a clock that the test moves.
struct TestBroker {
    /// An answer's bytes, without their length.
    struct Reply<Response> {
        let response: Response
        let frame: [UInt8]
    }

    static let millisecond: UInt64 = 1_000_000

    var broker: Broker
    var now: UInt64 = 1_000_000_000
    private var lastTicket: UInt64 = 0
    private var answers: [(ticket: UInt64, outcome: Broker.Outcome)] = []

    init(_ settings: BrokerSettings = BrokerSettings(), faults: [String] = []) throws {
        broker = Broker(settings, faults: try faults.map { (text) throws(FaultError) in try Fault(text) })
    }

    /// Sends a request; returns its ticket.
    mutating func send<Request: KafkaRequest>(
        _ request: Request, version: Int16? = nil, client: String? = "test"
    ) throws -> UInt64 {
        let version = version ?? Request.versions.upperBound
        let segments = try Frame.request(
            request, version: version, correlationID: Int32(lastTicket) + 100, clientID: client)
        return send(frame: Array(segments.flatMap { [UInt8]($0.bytes) }.dropFirst(4)))
    }

    /// Sends bytes, without their length.
    mutating func send(frame: [UInt8]) -> UInt64 {
        lastTicket += 1
        frame.withUnsafeBytes { broker.handle($0, ticket: lastTicket, now: now) }
        collect()
        return lastTicket
    }

    mutating func advance(milliseconds: UInt64) {
        now += milliseconds * Self.millisecond
        broker.advance(to: now)
        collect()
    }

    /// What became of a request; nil while it waits.
    func outcome(_ ticket: UInt64) -> Broker.Outcome? { answers.first { $0.ticket == ticket }?.outcome }

    /// The bytes of an answer, without their length; nil where there is none.
    func bytes(_ ticket: UInt64) -> [UInt8]? {
        guard case .send(let segments, _) = outcome(ticket) else { return nil }
        return Array(segments.flatMap { [UInt8]($0.bytes) }.dropFirst(4))
    }

    /// Why a connection is to be closed; nil where it is not, empty where a fault wants it.
    func closed(_ ticket: UInt64) -> String? {
        guard case .close(let reason) = outcome(ticket) else { return nil }
        return reason ?? ""
    }

    func reply<Request: KafkaRequest>(
        _ ticket: UInt64, to type: Request.Type, version: Int16? = nil
    ) throws -> Reply<Request.Response> {
        let frame = try #require(bytes(ticket), "no answer")
        let read = try frame.withUnsafeBytes { bytes in
            try Frame.readResponse(
                Request.Response.self, version: version ?? Request.versions.upperBound, from: bytes)
        }
        #expect(read.correlationID == Int32(ticket) + 99)
        return Reply(response: read.response, frame: frame)
    }

    /// Sends a request that is answered at once.
    mutating func ask<Request: KafkaRequest>(
        _ request: Request, version: Int16? = nil, client: String? = "test"
    ) throws -> Request.Response {
        let ticket = try send(request, version: version, client: client)
        return try reply(ticket, to: Request.self, version: version).response
    }

    mutating func notices() -> [Notice] { broker.takeNotices() }

    private mutating func collect() { answers += broker.takeAnswers().map { ($0.ticket, $0.outcome) } }
}

extension TestBroker {
    mutating func createTopic(
        _ name: String, partitions: Int32 = 1, settings: [(String, String)] = []
    ) throws -> CreateTopicsResponse.CreatableTopicResult {
        var topic = CreateTopicsRequest.CreatableTopic()
        topic.name = name
        topic.numPartitions = partitions
        topic.replicationFactor = 3
        topic.configs = settings.map { setting in
            var config = CreateTopicsRequest.CreatableTopicConfig()
            (config.name, config.value) = setting
            return config
        }
        var request = CreateTopicsRequest()
        request.topics = [topic]
        return try #require(try ask(request).topics.first)
    }

    func id(of topic: String) -> KafkaUUID { broker.topics[topic]?.id ?? .zero }

    mutating func produce(
        _ topic: String, _ batch: FrameSegment, partition: Int32 = 0
    ) throws -> ProduceResponse.PartitionProduceResponse {
        let response = try ask(Self.produceRequest(topic, id(of: topic), batch, partition: partition))
        return try #require(response.responses.first?.partitionResponses.first)
    }

    static func produceRequest(
        _ topic: String, _ id: KafkaUUID, _ batch: FrameSegment, partition: Int32 = 0, acks: Int16 = -1
    ) -> ProduceRequest {
        var part = ProduceRequest.PartitionProduceData()
        part.index = partition
        part.records = .gather([batch])
        var data = ProduceRequest.TopicProduceData()
        data.name = topic
        data.topicId = id
        data.partitionData = [part]
        var request = ProduceRequest()
        request.acks = acks
        request.topicData = [data]
        return request
    }

    func fetchRequest(
        _ topic: String, from offset: Int64, session: (id: Int32, epoch: Int32) = (0, -1), wait: Int32 = 0
    ) -> FetchRequest {
        var part = FetchRequest.FetchPartition()
        part.fetchOffset = offset
        part.partitionMaxBytes = 1 << 20
        var entry = FetchRequest.FetchTopic()
        entry.topic = topic
        entry.topicId = id(of: topic)
        entry.partitions = [part]
        var request = FetchRequest()
        request.maxWaitMs = wait
        request.minBytes = 1
        request.topics = [entry]
        (request.sessionId, request.sessionEpoch) = session
        return request
    }

    /// The values of all records of an answer.
    static func values(_ reply: Reply<FetchResponse>) throws -> [String] {
        let decompressor = Decompressor(pool: RecordBufferPool())
        return try reply.frame.withUnsafeBytes { frame in
            try reply.response.responses.flatMap(\.partitions).flatMap { part in
                var reader = RecordBatchReader(
                    part.records.bytes(in: frame) ?? UnsafeRawBufferPointer(start: nil, count: 0),
                    decompressor: decompressor)
                var values: [String] = []
                while try reader.nextBatch() != nil {
                    while let record = try reader.next() {
                        values.append(record.valueBytes.map { String(decoding: $0, as: UTF8.self) } ?? "null")
                    }
                }
                return values
            }
        }
    }
}

/// A batch of records with these values, and keys where they are given.
func batch(
    _ values: [String], keys: [String]? = nil, time: Int64 = 1000,
    producer: (id: Int64, epoch: Int16, sequence: Int32)? = nil
) throws -> FrameSegment {
    let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1 << 20)
    for (at, value) in values.enumerated() {
        let key = keys.map { Array($0[at].utf8) }
        let isAdded = Array(value.utf8).withUnsafeBytes { value in
            (key ?? []).withUnsafeBytes { bytes in
                builder.append(
                    key: key == nil ? nil : bytes.baseAddress, keyCount: key.map { Int32($0.count) } ?? -1,
                    value: value.baseAddress, valueCount: Int32(value.count), timestamp: time + Int64(at))
            }
        }
        try #require(isAdded)
    }
    let sealed = try #require(try builder.seal())
    if let producer { sealed.stamp(producerID: producer.id, epoch: producer.epoch, baseSequence: producer.sequence) }
    return sealed.segment
}
