@testable import KafkaClient
import Testing

@Suite struct ConsumerSettingsTests {
    private func read(_ keys: [String: String]) throws -> ConsumerSettings {
        var all = keys
        all["bootstrap.servers"] = "h:1"
        return try ConsumerSettings(ClientSettings(all, role: .consumer))
    }

    @Test func `Java's defaults`() throws {
        let settings = try read(["group.id": "g"])
        #expect(settings.sessionTimeout == 45 * second)
        #expect(settings.heartbeatInterval == 3 * second)
        #expect(settings.maxPollInterval == 300 * second)
        #expect(settings.reset == .latest)
        #expect(settings.autoCommitInterval == 5 * second)
        #expect(settings.fetchMaxBytes == 52_428_800)
        #expect(settings.maxPartitionFetchBytes == 1_048_576)
        #expect(settings.assignors == [.range, .cooperativeSticky])
        #expect(!settings.isReadCommitted)
    }

    @Test func `an idle consumer lets the broker wait longer only where nobody said how long, and for any data`() throws
    {
        #expect(try read([:]).fetchMaxIdleWait == 3000)
        #expect(try read(["fetch.max.wait.ms": "500"]).fetchMaxIdleWait == 500)
        #expect(try read(["fetch.min.bytes": "1000"]).fetchMaxIdleWait == 500)
    }

    @Test(arguments: [
        ("earliest", OffsetReset.earliest), ("LATEST", .latest), ("none", .none),
        ("by_duration:P3D", .byDuration(milliseconds: 259_200_000)),
        ("by_duration:PT1H30M2.5S", .byDuration(milliseconds: 5_402_500)),
        ("by_duration:P1DT1M", .byDuration(milliseconds: 86_460_000)),
    ])
    func `ways to reset`(text: String, reset: OffsetReset) {
        #expect(OffsetReset(setting: text) == reset)
    }

    @Test(arguments: [
        "", "newest", "by_duration:", "by_duration:P", "by_duration:PT", "by_duration:1D", "by_duration:PT1D",
        "by_duration:-PT1S", "by_duration:PT1M1H", "by_duration:PT1HT1M", "by_duration:P99999999999999999D",
    ])
    func `what is no way to reset`(text: String) {
        #expect(OffsetReset(setting: text) == nil)
    }

    @Test func `every problem is named`() {
        do {
            _ = try read([
                "group.id": "g", "auto.offset.reset": "newest", "partition.assignment.strategy": "sticky",
                "heartbeat.interval.ms": "45000",
            ])
            Issue.record("the settings were taken")
        } catch let error as ClientError {
            #expect(error.code == .invalidSettings)
            for key in ["auto.offset.reset", "partition.assignment.strategy", "heartbeat.interval.ms"] {
                #expect(error.message.contains(key))
            }
        } catch {
            Issue.record("another error: \(error)")
        }
    }

    @Test func `assignors by short name or Java class, each once`() throws {
        let settings = try read([
            "partition.assignment.strategy":
                "org.apache.kafka.clients.consumer.CooperativeStickyAssignor, cooperative-sticky"
        ])
        #expect(settings.assignors == [.cooperativeSticky])
    }
}
