import ConnectModel
import KafkaClient
import Testing

@testable import ConnectConfig
@testable import ConnectKafka

@Suite struct KafkaWorkerGroupTests {
    private func worker(_ more: String = "", isDistributed: Bool = true) throws -> WorkerConfig {
        let text = """
            bootstrap.servers: localhost:9092
            key.converter: org.apache.kafka.connect.json.JsonConverter
            value.converter: org.apache.kafka.connect.json.JsonConverter
            group.id: workers
            config.storage.topic: c
            offset.storage.topic: o
            status.storage.topic: s
            offset.storage.file.filename: /x

            """
        let loaded = WorkerConfig.load(
            YAMLConfigReader.read(Array((text + more).utf8), file: "w.yaml"),
            mode: isDistributed ? .distributed : .standalone, environment: [:])
        return try #require(loaded.config, "\(loaded.problems)")
    }

    @Test func `a membership is set to what the worker's keys say, with Connect's defaults`() throws {
        let settings = try KafkaWorkerGroup.settings(try worker(), workerID: "host:8083")
        #expect(settings.groupID == "workers")
        #expect(settings.protocolType == "connect")
        #expect(settings.clientID == "connect-host:8083")
        #expect(settings.sessionTimeout == 10_000_000_000)
        #expect(settings.rebalanceTimeout == 60_000_000_000)
        #expect(settings.heartbeatInterval == 3_000_000_000)
        #expect(settings.requestTimeout == 40_000_000_000)
        #expect(settings.retryBackoff == Backoff(initial: 100_000_000, maximum: 1_000_000_000))

        let other = try KafkaWorkerGroup.settings(
            try worker(
                """
                client.id: mine
                session.timeout.ms: 6000
                rebalance.timeout.ms: 9000
                heartbeat.interval.ms: 500
                request.timeout.ms: 7000
                retry.backoff.ms: 20
                retry.backoff.max.ms: 40

                """), workerID: "host:8083")
        #expect(other.clientID == "mine")
        #expect(other.sessionTimeout == 6_000_000_000)
        #expect(other.rebalanceTimeout == 9_000_000_000)
        #expect(other.heartbeatInterval == 500_000_000)
        #expect(other.requestTimeout == 7_000_000_000)
        #expect(other.retryBackoff == Backoff(initial: 20_000_000, maximum: 40_000_000))
    }

    @Test func `a standalone worker has no group`() throws {
        let worker = try worker(isDistributed: false)
        let error = #expect(throws: ConnectError.self) { try KafkaWorkerGroup.settings(worker, workerID: "h:1") }
        #expect(error?.code == .configMissingKey)
    }

    @Test func `events keep what they say`() {
        #expect(
            WorkerGroupEvent(
                .elected(
                    GroupElection(
                        generation: 4, memberID: "me", protocolName: "sessioned",
                        members: [GroupMember(id: "me", instanceID: nil, metadata: [1])])))
                == .elected(
                    generation: 4, memberID: "me", protocolName: "sessioned",
                    members: [GroupMemberMetadata(id: "me", metadata: [1])]))
        #expect(
            WorkerGroupEvent(
                .assigned(
                    GroupAnswer(
                        generation: 4, memberID: "me", leaderID: "you", protocolName: "sessioned", assignment: [9])))
                == .assigned(
                    generation: 4, memberID: "me", leaderID: "you", protocolName: "sessioned", bytes: [9]))
        #expect(WorkerGroupEvent(.coordinatorLost(sessionEnds: 7)) == .coordinatorLost(sessionEnds: 7))
        guard case .failed(let error) = WorkerGroupEvent(.failed(ClientError(.broker, .authorization, "no right")))
        else {
            Issue.record("not a failure")
            return
        }
        #expect(error.code == .kafkaAuthorization)
    }
}
