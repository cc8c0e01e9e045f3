import Testing

@testable import KafkaProtocol

@Suite struct HeaderTests {
    private static func frame(_ segments: [FrameSegment]) -> [UInt8] { segments.flatMap { [UInt8]($0.bytes) } }

    @Test func requestsCarrySizeHeaderAndBody() throws {
        var request = MetadataRequest()
        request.topics = []
        let old = try Frame.request(request, version: 8, correlationID: 7, clientID: "me")
        #expect(Self.frame(old).hex == "00000013" + "0003" + "0008" + "00000007" + "00026d65" + "00000000" + "010000")
        let flexible = try Frame.request(request, version: 9, correlationID: 7, clientID: nil)
        #expect(
            Self.frame(flexible).hex == "00000010" + "0003" + "0009" + "00000007" + "ffff" + "00" + "01" + "010000"
                + "00")
    }

    @Test func brokerSideReadsTheHeader() throws {
        let sent = Self.frame(try Frame.request(ApiVersionsRequest(), version: 3, correlationID: 9, clientID: "c"))
        try lend(Array(sent.dropFirst(4))) { bytes throws(ProtocolError) in
            var r = ByteReader(bytes)
            let header = try RequestHeader(from: &r)
            #expect(header == RequestHeader(apiKey: 18, apiVersion: 3, correlationID: 9, clientID: "c"))
            #expect(try ApiVersionsRequest(from: &r, version: 3) == ApiVersionsRequest())
            try r.finish()
        }
    }

    @Test func `answers to ApiVersions never have tags in their header`() throws {
        #expect(ResponseHeader.version(of: ApiVersionsResponse.self, 3) == 0)
        #expect(ResponseHeader.version(of: MetadataResponse.self, 9) == 1)
        #expect(ResponseHeader.version(of: MetadataResponse.self, 8) == 0)
        #expect(ResponseHeader.version(of: OffsetDeleteResponse.self, 0) == 0)
        let flexible = Self.frame(try Frame.response(HeartbeatResponse(), version: 4, correlationID: 1))
        #expect(flexible.hex == "0000000c" + "00000001" + "00" + "00000000" + "0000" + "00")
        let first = Self.frame(try Frame.response(ApiVersionsResponse(), version: 3, correlationID: 1))
        #expect(first.hex == "0000000c" + "00000001" + "0000" + "01" + "00000000" + "00")
    }

    @Test func answersAreReadWithTheirHeader() throws {
        var sent = HeartbeatResponse()
        sent.errorCode = 27
        for version in HeartbeatResponse.versions {
            let frame = Self.frame(try Frame.response(sent, version: version, correlationID: 77))
            try lend(Array(frame.dropFirst(4))) { bytes throws(ProtocolError) in
                let read = try Frame.readResponse(HeartbeatResponse.self, version: version, from: bytes)
                #expect(read.correlationID == 77 && read.response == sent)
            }
        }
    }

    @Test func recordsAreSentFromWhereTheyLie() throws {
        let batch = try #require(try makeBatch([SampleRecord(key: nil, value: "v")]))
        var request = ProduceRequest()
        request.acks = -1
        var topic = ProduceRequest.TopicProduceData()
        topic.name = "t"
        var partition = ProduceRequest.PartitionProduceData()
        partition.records = .gather([batch.segment])
        topic.partitionData = [partition, partition]
        request.topicData = [topic]
        let segments = try Frame.request(request, version: 9, correlationID: 1, clientID: nil)
        #expect(segments.count == 5)
        #expect(segments[1].bytes.baseAddress == batch.bytes.baseAddress && segments[1].owner === batch)
        let frame = Self.frame(segments)
        #expect(frame.count == Int(frame[3]) + 4 + Int(frame[2]) * 256)
        try lend(Array(frame.dropFirst(4))) { bytes throws(ProtocolError) in
            var r = ByteReader(bytes)
            _ = try RequestHeader(from: &r)
            let read = try ProduceRequest(from: &r, version: 9)
            let records = read.topicData.first?.partitionData.last?.records.bytes(in: bytes)
            #expect(records.map { [UInt8]($0) } == batch.copiedBytes)
        }
    }
}
