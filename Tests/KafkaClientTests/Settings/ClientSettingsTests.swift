import Testing

@testable import KafkaClient

@Suite struct ClientSettingsTests {
    private func settings(_ keys: [String: String] = [:], role: ClientSettings.Role = .producer) throws
        -> ClientSettings
    {
        try ClientSettings(["bootstrap.servers": "a:9092"].merging(keys) { $1 }, role: role)
    }

    private func problem(_ keys: [String: String], role: ClientSettings.Role = .producer) -> String {
        do {
            _ = try settings(keys, role: role)
            return ""
        } catch let error as ClientError {
            #expect(error.code == .invalidSettings)
            return error.message
        } catch {
            return "\(error)"
        }
    }

    @Test func `a producer has Java's defaults`() throws {
        let settings = try settings()
        #expect(settings.producer.batchSize == 16_384)
        #expect(settings.producer.linger == 5_000_000)
        #expect(settings.producer.isIdempotent)
        #expect(!settings.producer.isIdempotenceExplicit)
        #expect(settings.producer.maxInFlight == 5)
        #expect(settings.producer.deliveryTimeout == 120_000_000_000)
        #expect(settings.requestTimeout == 30_000_000_000)
        #expect(settings.reconnectBackoff == Backoff(initial: 50_000_000, maximum: 1_000_000_000))
        #expect(settings.connectionsMaxIdle == 540_000_000_000)
        #expect(settings.rebootstraps)
    }

    @Test func `an admin client closes idle connections after five minutes`() throws {
        #expect(try settings(role: .admin).connectionsMaxIdle == 300_000_000_000)
        #expect(try settings(["connections.max.idle.ms": "1000"], role: .admin).connectionsMaxIdle == 1_000_000_000)
    }

    @Test func `every problem is told at once`() {
        let text = problem(["batch.size": "x", "linger.ms": "-1", "acks": "2", "enable.idempotence": "yes"])
        for name in ["batch.size", "linger.ms", "acks", "enable.idempotence"] { #expect(text.contains(name)) }
    }

    @Test func `problems are told with their keys, a consumer's own among them, each once`() {
        let keys = [
            "bootstrap.servers": "a", "request.timeout.ms": "x", "max.poll.records": "x", "auto.offset.reset": "never",
        ]
        let consumer = ClientSettings.problems(in: keys, role: .consumer)
        #expect(
            consumer.map(\.key) == ["bootstrap.servers", "request.timeout.ms", "max.poll.records", "auto.offset.reset"])
        #expect(consumer.allSatisfy { $0.message.hasPrefix($0.key) })
        #expect(
            ClientSettings.problems(in: keys, role: .admin).map(\.key) == ["bootstrap.servers", "request.timeout.ms"])
        #expect(ClientSettings.problems(in: ["bootstrap.servers": "a:1"], role: .consumer) == [])
    }

    @Test func `a missing or broken broker list is an error`() {
        #expect(throws: ClientError.self) { try ClientSettings([:], role: .producer) }
        #expect(problem(["bootstrap.servers": "a:9092,b"]).contains("'b' is not host:port"))
    }

    @Test func `keys of missing features are refused by name`() {
        #expect(problem(["security.protocol": "SASL_SSL"]).contains("security.protocol=SASL_SSL comes with"))
        #expect(problem(["ssl.truststore.location": "/x"]).contains("ssl.truststore.location comes with TLS support"))
        #expect(problem(["sasl.jaas.config": "x"]).contains("sasl.jaas.config comes with SASL support"))
        #expect(problem(["transactional.id": "t"]).contains("transactional.id comes with transactions"))
        #expect(problem(["security.protocol": "plaintext"]) == "")
    }

    @Test func `keys without meaning and unknown keys are listed for a warning`() throws {
        let settings = try settings(["metric.reporters": "x", "enable.idempotenze": "true"])
        #expect(settings.keysWithoutMeaning == ["metric.reporters"])
        #expect(settings.unknownKeys == ["enable.idempotenze"])
    }

    @Test func `idempotence gives way silently unless it was asked for`() throws {
        #expect(try !settings(["acks": "1"]).producer.isIdempotent)
        #expect(try !settings(["retries": "0"]).producer.isIdempotent)
        #expect(problem(["acks": "1", "enable.idempotence": "true"]).contains("acks: must be all"))
        #expect(problem(["max.in.flight.requests.per.connection": "6"]).contains("at most 5"))
        #expect(
            try settings(["max.in.flight.requests.per.connection": "6", "enable.idempotence": "false"]).producer
                .maxInFlight == 6)
    }

    @Test func `a delivery time-out below linger and request time-out is an error only where it was set`() throws {
        #expect(problem(["delivery.timeout.ms": "1000"]).contains("delivery.timeout.ms"))
        let raised = try settings(["request.timeout.ms": "200000"])
        #expect(raised.producer.deliveryTimeout == 200_005_000_000)
    }

    @Test func `compression levels belong to their codec`() throws {
        let settings = try settings(["compression.type": "zstd", "compression.zstd.level": "7"])
        #expect(settings.producer.compression == .zstd)
        #expect(settings.producer.compressionLevel == 7)
        #expect(problem(["compression.gzip.level": "10", "compression.type": "gzip"]).contains("-1...9"))
    }

    @Test(arguments: [
        ("localhost:9092", "localhost", 9092), ("[::1]:1", "::1", 1),
        ("PLAINTEXT://k.example.org.:9093", "k.example.org", 9093),
        ("10.0.0.1:65535", "10.0.0.1", 65535),
    ])
    func `broker addresses in all spellings`(text: String, host: String, port: Int) {
        #expect(BrokerAddress(parsing: text) == BrokerAddress(host: host, port: UInt16(port)))
    }

    @Test(arguments: [
        "", "a", "a:", ":9092", "a:0", "a:65536", "a:-1", "::1:9092", "[::1:9092", "a b:1", "a:9 2", "a:９",
    ])
    func `what is no broker address`(text: String) {
        #expect(BrokerAddress(parsing: text) == nil)
    }

    @Test func `a back-off doubles up to its maximum and is spread by a fifth`() {
        let backoff = Backoff(initial: 100, maximum: 1000)
        for failures in 0..<70 {
            let plain = failures < 4 ? 100 << UInt64(failures) : 1000
            for random in [UInt64(0), 1, .max, 12_345] {
                let wait = backoff.wait(failures: failures, random: random)
                #expect(wait >= plain - plain / 5 && wait <= plain + plain / 5)
            }
        }
        #expect(Backoff(initial: 500, maximum: 10).maximum == 500)
        #expect(Backoff(initial: 0, maximum: 0).wait(failures: 3, random: 7) == 0)
        #expect(Backoff(initial: .max, maximum: .max).wait(failures: 3, random: 7) == .max)
    }
}
