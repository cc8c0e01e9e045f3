import KafkaProtocol
import Testing

@testable import FakeBroker

/// Requests that name one thing very often: one client must not keep the broker from all others.
struct LargeRequestTests {
    private typealias Alter = IncrementalAlterConfigsRequest

    private func alter(_ topic: String, _ operations: [(key: String, operation: Int8, value: String?)])
        -> Alter.AlterConfigsResource
    {
        var resource = Alter.AlterConfigsResource()
        (resource.resourceType, resource.resourceName) = (2, topic)
        resource.configs = operations.map { key, operation, value in
            var config = Alter.AlterableConfig()
            (config.name, config.configOperation, config.value) = (key, operation, value)
            return config
        }
        return resource
    }

    private func ask(_ test: inout TestBroker, _ resources: Alter.AlterConfigsResource...) throws -> [Int16] {
        var request = Alter()
        request.resources = resources
        return try test.ask(request).responses.map(\.errorCode)
    }

    @Test func `settings are changed in lists and as a whole`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("t", settings: [("x", "a,b"), ("z", "old")])
        let codes = try ask(&test, alter("t", [("x", 2, "c,d"), ("y", 0, "new"), ("z", 1, nil)]))
        #expect(codes == [0])
        #expect(test.broker.topics["t"]?.settings.map { "\($0.name)=\($0.value)" } == ["x=a,b,c,d", "y=new"])
        #expect(try ask(&test, alter("t", [("x", 3, "d,a")])) == [0])
        #expect(test.broker.topics["t"]?.setting("x") == "b,c")
    }

    @Test func `many changes of one setting are refused before any is looked at`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("t", settings: [("x", "a")])
        // Together they would be no longer than a topic's settings may be.
        let many = alter("t", (0..<300).map { ("x", 2, "\($0)") })
        #expect(try ask(&test, many) == [ErrorCode.invalidConfig.rawValue])
        let word = String(repeating: "a,", count: 10_000)
        let long = alter("t", [("x", 3, word), ("y", 3, word)])
        #expect(try ask(&test, long) == [ErrorCode.invalidConfig.rawValue])
        // As Kafka has it.
        let twice = alter("t", [("x", 2, "b"), ("x", 2, "c")])
        #expect(try ask(&test, twice) == [ErrorCode.invalidRequest.rawValue])
        let one = alter("t", [("x", 2, "b")])
        let invalid = ErrorCode.invalidRequest.rawValue
        #expect(try ask(&test, one, alter("other", [("x", 0, "b")]), one) == [invalid, 3, invalid])
        #expect(test.broker.topics["t"]?.setting("x") == "a")
    }

    @Test func `an offset is asked for once a partition, as in Kafka`() throws {
        var test = try TestBroker()
        _ = try test.createTopic("t", partitions: 2)
        var request = ListOffsetsRequest()
        request.topics = [.init(), .init()]
        for at in 0..<2 {
            request.topics[at].name = "t"
            request.topics[at].partitions = [.init()]
            request.topics[at].partitions[0].timestamp = -3
        }
        request.topics[1].partitions.append(.init())
        request.topics[1].partitions[1].partitionIndex = 1
        let codes = try test.ask(request).topics.map { $0.partitions.map(\.errorCode) }
        #expect(codes == [[42], [42, 0]])
    }

    @Test func `a topic that is not there is named once in the answer to a fetch`() throws {
        var test = try TestBroker(faults: ["Fetch:error=NOT_LEADER_OR_FOLLOWER,after=1"])
        var request = test.fetchRequest("nowhere", from: 0)
        request.topics[0].partitions = (0..<Int32(50)).map { number in
            var part = FetchRequest.FetchPartition()
            part.partition = number
            return part
        }
        for code in [ErrorCode.unknownTopicOrPartition, .notLeaderOrFollower] {
            let answer = try test.ask(request, version: 12).responses
            #expect(answer.map(\.topic) == ["nowhere"])
            #expect(answer.first?.partitions.map(\.partitionIndex) == Array(0..<50 as Range<Int32>))
            #expect(answer.first?.partitions.allSatisfy { $0.errorCode == code.rawValue } == true)
        }
    }

    /// The time for a request that names one partition very often, the group having offsets of a thousand.
    @Test(arguments: [true, false])
    func `committed offsets are found as quickly in a large group`(commits: Bool) throws {
        var test = try TestBroker()
        _ = try test.createTopic("t", partitions: 1000)
        let id = test.id(of: "t")
        func commit(_ partitions: [Int32], _ test: inout TestBroker) throws {
            var request = OffsetCommitRequest()
            (request.groupId, request.generationIdOrMemberEpoch) = ("g", -1)
            request.topics = [.init()]
            request.topics[0].topicId = id
            request.topics[0].partitions = partitions.map { number in
                var part = OffsetCommitRequest.OffsetCommitRequestPartition()
                (part.partitionIndex, part.committedOffset) = (number, 7)
                return part
            }
            #expect(try test.ask(request).topics.first?.partitions.allSatisfy { $0.errorCode == 0 } == true)
        }
        func fetch(_ partitions: [Int32], _ test: inout TestBroker) throws {
            var request = OffsetFetchRequest()
            request.groups = [.init()]
            request.groups[0].groupId = "g"
            request.groups[0].topics = [.init()]
            request.groups[0].topics?[0].topicId = id
            request.groups[0].topics?[0].partitionIndexes = partitions
            let found = try test.ask(request).groups.first?.topics.first?.partitions ?? []
            #expect(found.count == partitions.count && found.allSatisfy { $0.committedOffset == 7 })
        }
        try commit(Array(0..<1000), &test)
        let times = try [0, 999].map { (number: Int32) in
            let often = Array(repeating: number, count: 50_000)
            let begin = ContinuousClock.now
            if commits { try commit(often, &test) } else { try fetch(often, &test) }
            return ContinuousClock.now - begin
        }
        #expect(times[1] < times[0] * 3)
    }
}
