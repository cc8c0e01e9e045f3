import Testing

@testable import ConnectConfig

struct ClientSettingsTests {
    private static let layers = ClientLayers(
        worker: [
            "bootstrap.servers": "b:9092", "security.protocol": "SSL", "group.id": "g", "producer.linger.ms": "5",
            "producer.acks": "1", "consumer.max.poll.records": "10", "admin.retries": "3",
            "consumer.isolation.level": "read_uncommitted", "client.id": "me",
        ], groupID: "g")

    @Test func `A source producer has our defaults, then the worker's, then the connector's`() {
        let plain = Self.layers.sourceProducer("c", task: 2, config: ["producer.override.linger.ms": "7", "name": "c"])
        #expect(
            plain == [
                "bootstrap.servers": "b:9092", "client.id": "connector-producer-c-2",
                "max.block.ms": "9223372036854775807",
                "delivery.timeout.ms": "2147483647", "acks": "1",
                "batch.size": "1048576", "linger.ms": "7", "max.in.flight.requests.per.connection": "1",
            ])
        let transactional = Self.layers.transactionalProducer(
            "c", task: 2,
            config: ["producer.override.transactional.id": "x", "producer.override.enable.idempotence": "false"])
        #expect(transactional["transactional.id"] == "g-c-2" && transactional["enable.idempotence"] == "true")
    }

    @Test(
        arguments: [
            ([:], nil, nil), (["acks": "-1"], nil, nil), (["acks": "1"], nil, "1"), (["acks": " 0 "], nil, "1"),
            (["retries": "0"], nil, "1"), (["enable.idempotence": "False"], "False", "1"),
            (["enable.idempotence": "true"], "true", nil),
            (["acks": "1", "max.in.flight.requests.per.connection": "3"], nil, "3"),
            (["max.in.flight.requests.per.connection": "9"], "false", "9"),
            (["max.in.flight.requests.per.connection": "5"], nil, "5"),
        ] as [([String: String], String?, String?)])
    func `One request is in flight where nothing else keeps the order`(
        set: [String: String], idempotence: String?, inFlight: String?
    ) {
        let layers = ClientLayers(worker: ["bootstrap.servers": "b:9092"], groupID: nil)
        let overrides = Dictionary(uniqueKeysWithValues: set.map { ("producer.override." + $0.key, $0.value) })
        let settings = layers.sourceProducer("c", task: 0, config: overrides)
        #expect(settings["enable.idempotence"] == idempotence)
        #expect(settings["max.in.flight.requests.per.connection"] == inFlight)
    }

    @Test func `A sink consumer is in the connector's group unless that names another`() {
        let consumer = Self.layers.sinkConsumer("c", task: 0, config: ["consumer.override.auto.offset.reset": "latest"])
        #expect(
            consumer == [
                "bootstrap.servers": "b:9092", "client.id": "connector-consumer-c-0", "group.id": "connect-c",
                "enable.auto.commit": "false", "auto.offset.reset": "latest", "max.poll.records": "10",
                "isolation.level": "read_uncommitted",
            ])
        #expect(
            Self.layers.sinkConsumer("c", task: 0, config: ["consumer.override.group.id": "mine"])["group.id"] == "mine"
        )
    }

    @Test func `Offsets are read committed where exactly once is wanted, whatever is set`() {
        func level(_ exactlyOnce: Bool) -> String? {
            Self.layers.offsetConsumer("c", task: 0, config: [:], exactlyOnce: exactlyOnce)["isolation.level"]
        }
        #expect(level(true) == "read_committed" && level(false) == "read_uncommitted")
    }

    @Test func `An administrator has the worker's own keys, not those of other clients`() {
        let admin = Self.layers.admin(clientID: "connector-adminclient-c-0", config: ["admin.override.retries": "4"])
        #expect(admin["security.protocol"] == "SSL" && admin["retries"] == "4")
        #expect(
            admin["client.id"] == "connector-adminclient-c-0" && admin["producer.acks"] == nil && admin["acks"] == nil)
        #expect(Self.layers.internalClient("configs")["client.id"] == "g-me-configs")
    }

    @Test(
        arguments: [
            ("All", "acks", nil),
            (
                "None", "acks",
                "The 'None' policy does not allow 'acks' to be overridden in the connector configuration."
            ),
            ("Principal", "sasl.mechanism", nil),
            (
                "Principal", "acks",
                "The 'Principal' policy does not allow 'acks' to be overridden in the connector configuration."
            ),
            ("org.apache.kafka.connect.connector.policy.AllowlistConnectorClientConfigOverridePolicy", "acks", nil),
            (
                "AllowlistConnectorClientConfigOverridePolicy", "linger.ms",
                "The 'Allowlist' policy does not allow 'linger.ms' to be overridden in the connector configuration."
            ),
        ] as [(String, String, String?)])
    func `Policies allow what Apache's allow`(name: String, key: String, message: String?) throws {
        let policy = try #require(OverridePolicy(name: name, allowlist: ["acks"]))
        #expect(policy.refusal(of: key) == message)
    }

    @Test func `A policy of somebody else is not known`() {
        #expect(OverridePolicy(name: "com.example.Mine", allowlist: []) == nil)
    }

    @Test(arguments: [
        ("sasl.jaas.config", "com.sun.security.auth.module.JndiLoginModule required user.provider.url=\"ldap://x\";"),
        (
            "sasl.jaas.config",
            "org.apache.kafka.common.security.plain.PlainLoginModule required; com.example.Evil required;"
        ),
        ("sasl.jaas.config", "nonsense"),
        ("sasl.jaas.config", "com.sun.security.auth.module.Krb5LoginModule required keyTab=\"/root/k\";"),
        ("ssl.truststore.location", "/root/.ssh/id_rsa"), ("ssl.keystore.location", "/etc/kafka-connect/../shadow"),
        ("ssl.keystore.location", "/etc/kafka-connect"), ("ssl.keystore.location", "relative.pem"),
        ("sasl.oauthbearer.token.endpoint.url", "file:///etc/passwd"),
        ("sasl.oauthbearer.jwks.endpoint.url", " FILE:/etc/passwd"),
        ("sasl.kerberos.kinit.cmd", "/bin/sh"), ("sasl.login.callback.handler.class", "x"),
        ("ssl.engine.factory.class", "x"),
        ("config.providers.x.class", "File"), ("security.providers", "x"),
    ])
    func `What would run code or read files is refused whatever the policy`(key: String, value: String) throws {
        let refusal = try #require(OverrideGuard(folders: ["/etc/kafka-connect"]).refusal(of: key, value: value))
        #expect(refusal.hasPrefix("'\(key)' may not be overridden in the connector configuration: "))
        #expect(!refusal.contains(value) || value == "x")
    }

    @Test(arguments: [
        (
            "sasl.jaas.config",
            "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"a\" password='b;c';"
        ),
        (
            "sasl.jaas.config",
            "com.sun.security.auth.module.Krb5LoginModule required useKeyTab=true keyTab=\"/etc/kafka-connect/k\";"
        ),
        ("ssl.keystore.location", "/etc/kafka-connect/certs/a.pem"),
        ("sasl.oauthbearer.token.endpoint.url", "https://id/t"),
        ("acks", "all"), ("interceptor.classes", "x"),
    ])
    func `Ordinary overrides pass`(key: String, value: String) {
        #expect(OverrideGuard(folders: ["/etc/kafka-connect"]).refusal(of: key, value: value) == nil)
    }

    @Test func `Login configurations are read with quotes and escapes`() throws {
        let logins = try JAASConfig.parse("a.B required x=1 y=\"q\\\"r\" z='s t';\n c.D optional ;")
        #expect(logins.map(\.module) == ["a.B", "c.D"])
        #expect(logins[0].options == ["x": "1", "y": "q\"r", "z": "s t"])
        for text in ["", "a.B", "a.B required", "a.B required x;", "a.B maybe;", "a.B required x=\"1;", "= required;"] {
            #expect(throws: JAASConfig.Malformed.self) { try JAASConfig.parse(text) }
        }
    }
}
