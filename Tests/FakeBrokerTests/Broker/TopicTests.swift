import KafkaProtocol
import Testing

@testable import FakeBroker

struct TopicTests {
    private func metadata(_ names: String..., creates: Bool = true) -> MetadataRequest {
        var request = MetadataRequest()
        request.allowAutoTopicCreation = creates
        request.topics = names.map { name in
            var topic = MetadataRequest.MetadataRequestTopic()
            topic.name = name
            return topic
        }
        return request
    }

    @Test func `a topic that is asked for comes into being, unless that is switched off`() throws {
        var settings = BrokerSettings()
        settings.partitions = 3
        var test = try TestBroker(settings)
        #expect(try test.ask(metadata("orders", creates: false)).topics.first?.errorCode == 3)
        let made = try test.ask(metadata("orders", "no/name"))
        #expect(made.topics.map(\.errorCode) == [0, ErrorCode.invalidTopicException.rawValue])
        #expect(made.topics.first?.partitions.map(\.leaderId) == [0, 0, 0])
        #expect(made.brokers.map(\.port) == [9092])
        for version in MetadataRequest.versions {
            var all = MetadataRequest()
            all.topics = nil
            #expect(try test.ask(all, version: version).topics.map(\.name) == ["orders"])
        }
        settings.createsTopics = false
        var strict = try TestBroker(settings)
        #expect(try strict.ask(metadata("orders")).topics.first?.errorCode == 3)
    }

    @Test func `what is asked for again and again is answered once`() throws {
        var test = try TestBroker()
        #expect(try test.ask(metadata("a", "b", "a", "a")).topics.map(\.name) == ["a", "b"])
        var configs = DescribeConfigsRequest()
        configs.resources = [.init(), .init()]
        #expect(try test.ask(configs).results.count == 1)
        var groups = DescribeGroupsRequest()
        groups.groups = ["g", "h", "g"]
        #expect(try test.ask(groups).groups.map(\.groupId) == ["g", "h"])
        var offsets = OffsetFetchRequest()
        offsets.groups = [.init(), .init()]
        #expect(try test.ask(offsets).groups.count == 1)
    }

    @Test func `settings of topics are kept, told and checked`() throws {
        var test = try TestBroker()
        #expect(try test.createTopic("table", settings: [("cleanup.policy", "compact"), ("x.y", "z")]).errorCode == 0)
        #expect(try test.createTopic("table").errorCode == ErrorCode.topicAlreadyExists.rawValue)
        #expect(
            try test.createTopic("bad", settings: [("cleanup.policy", "shrink")]).errorCode
                == ErrorCode.invalidConfig.rawValue)
        var request = DescribeConfigsRequest()
        request.resources = [.init()]
        request.resources[0].resourceType = 2
        request.resources[0].resourceName = "table"
        request.resources[0].configurationKeys = nil
        let all = try #require(try test.ask(request).results.first)
        #expect(all.configs.filter { $0.name == "cleanup.policy" }.map(\.value) == ["compact"])
        #expect(all.configs.contains { $0.name == "retention.ms" })
        request.resources[0].configurationKeys = ["x.y"]
        #expect(try test.ask(request).results.first?.configs.map(\.value) == ["z"])
        request.resources[0].resourceName = "nowhere"
        #expect(try test.ask(request).results.first?.errorCode == 3)
    }

    @Test func `an unknown version of ApiVersions is answered in one that all understand`() throws {
        var test = try TestBroker()
        // API 18, version 99, correlation id 7, no client id, no tags.
        let ticket = test.send(frame: [0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0])
        let bytes = try #require(test.bytes(ticket))
        let read = try bytes.withUnsafeBytes {
            try Frame.readResponse(ApiVersionsResponse.self, version: 0, from: $0)
        }
        #expect(read.correlationID == 7 && read.response.errorCode == ErrorCode.unsupportedVersion.rawValue)
        #expect(read.response.apiKeys.count == BrokerAPIs.all.count)
        let other = test.send(frame: [0, 3, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0])
        #expect(test.closed(other)?.contains("no version 99 of Metadata") == true)
        let unknown = test.send(frame: [0, 99, 0, 0, 0, 0, 0, 7, 0xff, 0xff])
        #expect(test.closed(unknown)?.contains("no API 99") == true)
    }
}
