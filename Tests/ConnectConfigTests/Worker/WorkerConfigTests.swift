import Logging
import Settings
import Testing

@testable import ConnectConfig

struct WorkerConfigTests {
    private static let minimal = """
        bootstrap.servers: localhost:9092
        key.converter: org.apache.kafka.connect.json.JsonConverter
        value.converter: org.apache.kafka.connect.storage.StringConverter
        value.converter.converter.encoding: UTF-8

        """
    private static let standalone = minimal + "offset.storage.file.filename: /var/lib/kafka-connect/offsets\n"
    private static let distributed =
        minimal + "group: {id: g}\nconfig.storage.topic: c\noffset.storage.topic: o\nstatus.storage.topic: s\n"

    private func load(
        _ text: String, _ mode: WorkerConfig.Mode = .automatic, environment: [String: String] = [:]
    ) -> WorkerConfig.Loaded {
        WorkerConfig.load(
            YAMLConfigReader.read(Array(text.utf8), file: "w.yaml"), mode: mode, environment: environment)
    }

    private func problems(_ text: String, _ mode: WorkerConfig.Mode = .automatic) -> [String] {
        load(text, mode).problems.map(\.description)
    }

    @Test func `A small standalone file is enough, defaults are Apache's`() throws {
        let loaded = load(Self.standalone)
        #expect(loaded.problems == [])
        let config = try #require(loaded.config)
        #expect(config.mode == .standalone && config.groupID == nil)
        #expect(config.bootstrapServers == ["localhost:9092"])
        #expect(config.listeners == [.network(isTLS: false, host: "", port: 8083)])
        #expect(config.adminListeners == nil)
        #expect(config.offsetStorageFile == "/var/lib/kafka-connect/offsets")
        #expect(config.offsetFlushIntervalMs == 60_000 && config.offsetFlushTimeoutMs == 5_000)
        #expect(config.taskShutdownTimeoutMs == 5_000)
        #expect(
            config.converter(.key)
                == ConverterSetting(className: "org.apache.kafka.connect.json.JsonConverter", options: [:]))
        #expect(config.converter(.value).options == ["converter.encoding": "UTF-8"])
        #expect(config.converter(.header).className == ConverterSetting.simpleHeaderConverter)
        #expect(config.logLevel == "INFO" && config.eventLoops == 1 && config.pluginPath == nil)
    }

    @Test func `A group makes it distributed, unless standalone is asked for`() throws {
        let config = try #require(load(Self.distributed).config)
        #expect(config.isDistributed && config.groupID == "g")
        #expect(config.storageTopic(.config) == "c" && config.storagePartitions(.offset) == 25)
        #expect(config.scheduledRebalanceMaxDelayMs == 10_000)
        let both = Self.distributed + "offset.storage.file.filename: /x\n"
        #expect(load(both).problems == [] && load(both, .standalone).problems == [])
        #expect(load(both, .standalone).config?.groupID == nil)
    }

    @Test func `The level of a logger may be a reference`() {
        let text = Self.standalone + "config.providers: env\nconfig.providers.env.class: EnvVar\n"
        let level = "native.log.levels.a"
        let good = load(text + "\(level): ${env:LEVEL}\n", environment: ["LEVEL": "warn"])
        #expect(good.config?.logLevels == ["a": "WARN"], "\(good.problems)")
        let bad = load(text + "\(level): ${env:LEVEL}\n", environment: ["LEVEL": "loud"])
        #expect(bad.config == nil)
    }

    @Test func `A bad list item does not hide the other problems`() {
        let text = Self.standalone + "rest.extension.classes: ['a,b']\noffset.flush.interval.ms: soon\n"
        let found = problems(text)
        #expect(found.count == 2)
        #expect(found.first?.contains("a list item may not contain a comma") == true)
        #expect(found.last?.contains("offset.flush.interval.ms") == true)
        #expect(load(text).config == nil)
    }

    @Test func `A file for offsets must have a path`() {
        let text = Self.minimal + "offset.storage.file.filename: ''\n"
        #expect(
            problems(text) == ["w.yaml:5:1: error: offset.storage.file.filename: the path of a file is missing"])
        #expect(problems(Self.distributed + "offset.storage.file.filename: ''\n") == [])
    }

    @Test func `What the parts find wrong stands at its key, once, among the other problems`() {
        var asked: [String: String] = [:]
        let document = YAMLConfigReader.read(
            Array((Self.standalone + "offset.flush.interval.ms: soon\nproducer.acks: 7\n").utf8), file: "w.yaml")
        let loaded = WorkerConfig.load(document, mode: .automatic, environment: [:]) { values, mode in
            asked = values
            #expect(mode == .standalone)
            return [("producer.acks", "producer.acks is bad"), ("offset.flush.interval.ms", "said before")]
        }
        #expect(asked["producer.acks"] == "7")
        #expect(loaded.config == nil)
        #expect(loaded.problems.map { $0.position?.line } == [6, 7])
        #expect(loaded.problems.last?.description == "w.yaml:7:1: error: producer.acks is bad")
    }

    @Test func `Heartbeats must be quicker than the session ends`() {
        let text = Self.distributed + "session.timeout.ms: 3000\n"
        #expect(problems(text).contains { $0.contains("Heartbeat must be set lower than the session timeout") })
        #expect(problems(text + "heartbeat.interval.ms: 2999\n") == [])
    }

    @Test func `A round needs time`() {
        let text = Self.distributed + "rebalance.timeout.ms: 0\n"
        #expect(problems(text).contains { $0.contains("rebalance.timeout.ms must be above 0") })
    }

    @Test func `Two internal topics of one name are told`() {
        let text = Self.distributed.replacing("status.storage.topic: s", with: "status.storage.topic: o")
        #expect(problems(text).contains { $0.contains("o is the topic of offset.storage.topic too") })
        #expect(problems(Self.distributed) == [])
    }

    @Test func `All problems come at once, in the order of the file, what is missing at the end`() {
        #expect(
            problems(
                """
                tasks.shutdown.graceful.timeout.ms: 1
                offset.flush.interval.ms: soon
                bootstrap.servers: []
                listeners: ftp://x:1
                value.converter: V
                """, .standalone) == [
                    "w.yaml:1:1: warning: unknown key tasks.shutdown.graceful.timeout.ms; did you mean "
                        + "task.shutdown.graceful.timeout.ms?",
                    "w.yaml:2:1: error: Invalid value soon for configuration offset.flush.interval.ms: "
                        + "Not a number of type LONG",
                    "w.yaml:3:1: error: Configuration 'bootstrap.servers' must not be empty. "
                        + "Valid values include: any non-empty value",
                    "w.yaml:4:1: error: listeners: ftp://x:1: Listener protocol must be either \"http\" or \"https\".",
                    "w.yaml: error: Missing required configuration \"key.converter\" which has no default value.",
                    "w.yaml: error: Missing required configuration \"offset.storage.file.filename\" which has no default value.",
                ])
    }

    @Test(
        arguments: [
            ("producer.metrics.context.x", nil), ("consumer.interceptor.classes", nil),
            ("producer.key.serializer.encoding", nil), ("admin.sasl.login.class", nil), ("admin.retries", nil),
            (
                "producer.compresion.type",
                "unknown key producer.compresion.type; did you mean producer.compression.type?"
            ),
            (
                "consumer.fetch.min.byte", "unknown key consumer.fetch.min.byte; did you mean consumer.fetch.min.bytes?"
            ),
            ("admin.listenrs", "unknown key admin.listenrs; did you mean admin.listeners?"),
            ("consumer.compression.type", "unknown key consumer.compression.type"),
            ("key.converter.schemas.enable", nil), ("retries", nil),
            ("max.poll.records", nil), ("security.protocol", nil), ("offset.storage.retention.ms", nil),
            ("metrics.context.x", nil), ("listeners.https.ssl.keystore.location", nil),
            ("native.log.levels.connect.herder", nil),
            ("offset.storage.topik", "unknown key offset.storage.topik; did you mean offset.storage.topic?"),
            (
                "offset.storage.retention.mss",
                "unknown key offset.storage.retention.mss; did you mean offset.storage.retention.ms?"
            ),
            ("native.event.loop", "unknown key native.event.loop; did you mean native.event.loops?"),
            ("plugin.paths", "unknown key plugin.paths; did you mean plugin.path?"), ("zzz", "unknown key zzz"),
            ("listeners.https.ssl.keystore.locatio", "unknown key listeners.https.ssl.keystore.locatio"),
            ("rest.port", "rest.port: removed in Kafka 3.0; use listeners"),
        ] as [(String, String?)])
    func `Keys that nobody reads are warnings with the nearest known one`(key: String, message: String?) {
        let found = problems(Self.standalone + "\(key): DEBUG\n").filter { $0.contains("warning") }
        #expect(found == (message.map { ["w.yaml:6:1: warning: \($0)"] } ?? []))
    }

    @Test(arguments: [
        ("rest.advertised.listener: ftp", "Listener protocol must be either"),
        ("rest.advertised.port: 70000", "not a port"),
        ("native.log.levels: {x: LOUD}", "native.log.levels.x must be one of"),
        ("native.log.level: LOUD", "case insensitive"),
        ("listeners: 'http://a:1,'", "Empty URL found when parsing listeners list."),
        ("listeners: 'http://a'", "right format"),
        ("response.http.headers.config: foo", "Invalid format of header config 'foo'."),
        ("inter.worker.verification.algorithms: HmacSHA512", "Signature algorithm must be present"),
        ("inter.worker.key.generation.algorithm: x", "the algorithm is not supported"),
        ("connector.client.config.override.policy: Mine", "which name matches Mine, available are: All, None"),
        ("connect.protocol: lazy", "Invalid Connect protocol compatibility"),
        ("offset.storage.partitions: 0", "Number of partitions must be positive, or -1 to use the broker's default"),
        (
            "exactly.once.source.support: maybe",
            "String must be one of (case insensitive): DISABLED, ENABLED, PREPARING"
        ),
    ])
    func `Bad values are errors at their place`(line: String, message: String) {
        let found = problems(Self.distributed + line + "\n")
        #expect(found.count == 1)
        #expect(found.first?.contains(message) == true, "\(found)")
        #expect(found.first?.hasPrefix("w.yaml:") == true)
        #expect(load(Self.distributed + line + "\n").config == nil)
    }

    @Test func `A file that does not read is reported for that alone`() {
        #expect(problems("a: [\n").count == 1)
        #expect(problems("- a\n").count == 1)
    }

    @Test func `A key that is given twice and a tag hide no other problem, missing keys included`() {
        let text = "listeners: http://:1\nlisteners: x\noffset.flush.interval.ms: !!int soon\nplugin.paths: x\n"
        #expect(
            problems(text, .standalone).map { $0.prefix(60) } == [
                "w.yaml:2:1: error: listeners is given twice, first in line 1",
                "w.yaml:3:1: error: Invalid value soon for configuration offs",
                "w.yaml:3:27: error: tag tag:yaml.org,2002:int is not support",
                "w.yaml:4:1: warning: unknown key plugin.paths; did you mean ",
            ]
                + ["bootstrap.servers", "key.converter", "value.converter", "offset.storage.file.filename"].map {
                    "w.yaml: error: Missing required configuration \"\($0)\" which".prefix(60)
                })
    }

    @Test func `What could not be read is not missing, and hides nothing of the rest`() {
        func problems(_ text: String) -> [String] {
            let document = PropertiesReader.read(Array(text.utf8), file: "w.properties")
            return WorkerConfig.load(document, mode: .automatic, environment: [:]).problems.map(\.description)
        }
        let text = """
            bootstrap.servers=a\\u12
            config.providers=\\uX
            offset.flush.interval.ms=soon
            producer.acks=${env:ACKS}
            task.shutdown.graceful.timeout.ms=${env:TIME}
            plugin.paths=x
            """
        #expect(
            problems(text).map { $0.prefix(50) } == [
                "w.properties:1:20: error: bootstrap.servers: Malfo",
                "w.properties:2:18: error: config.providers: Malfor",
                "w.properties:3:1: error: Invalid value soon for co",
                "w.properties:6:1: warning: unknown key plugin.path",
            ])
        // One that cannot be told from another is a cluster's all the same.
        let cluster = problems("group.id=\\uX\nconnect.protocol=lazy\n")
        #expect(cluster.count == 2 && cluster.last?.contains("Invalid Connect protocol compatibility") == true)
    }

    @Test func `Null stands for the default`() throws {
        #expect(
            try #require(load(Self.standalone + "offset.flush.interval.ms: ~\n").config).offsetFlushIntervalMs == 60_000
        )
    }

    @Test func `References are resolved at start, save in plugin path, and their values hidden`() throws {
        let text =
            Self.standalone
                + """
                config.providers: env
                config.providers.env.class: EnvVarConfigProvider
                producer.sasl.jaas.config: "x ${env:CONFIG_TEST_SECRET} ${env:MISSING}"
                plugin.path: "${env:CONFIG_TEST_SECRET}"

                """
        let config = try #require(load(text, environment: ["CONFIG_TEST_SECRET": "opensesame-1"]).config)
        #expect(config.settings.originals["producer.sasl.jaas.config"] == "x opensesame-1 ${env:MISSING}")
        #expect(config.pluginPath == ["${env:CONFIG_TEST_SECRET}"])
        #expect(LogSystem.redactor.redact("the word is opensesame-1") == "the word is [hidden]")
    }

    @Test func `Passwords of the file are hidden from then on, those of logins too`() {
        let text =
            Self.standalone
                + """
                ssl.keystore.password: keystore-pass-1
                consumer.sasl.jaas.config: 'org.x.PlainLoginModule required username="u" password="login-pass-1";'

                """
        #expect(load(text).config != nil)
        #expect(LogSystem.redactor.redact("keystore-pass-1 login-pass-1") == "[hidden] [hidden]")
    }

    @Test func `A provider that is not there is an error of its class`() {
        let found = problems(Self.standalone + "config.providers: v,w\nconfig.providers.v.class: Vault\n")
        #expect(found.count == 2)
        #expect(
            found.first?.hasPrefix(
                "w.yaml:7:1: error: config.providers.v.class: Failed to find any class that implements ConfigProvider "
                    + "and which name matches Vault") == true)
        #expect(found.last?.contains("Missing required configuration \"config.providers.w.class\"") == true)
    }

    @Test func `Topic settings are taken by their prefix`() throws {
        let loaded = load(
            Self.distributed
                + "offset.storage: {retention.ms: 5, cleanup.policy: delete, partitions: 7, replication.factor: -1}\n")
        #expect(loaded.problems.map(\.message) == ["ignored: the topic is always compacted"])
        let config = try #require(loaded.config)
        #expect(config.storageTopicSettings(.offset) == ["retention.ms": "5"])
        #expect(config.storagePartitions(.offset) == 7 && config.storageReplicationFactor(.offset) == -1)
    }

    @Test(arguments: [
        ("http://:8083", Listener.network(isTLS: false, host: "", port: 8083)),
        ("HTTPS://Host:0", .network(isTLS: true, host: "Host", port: 0)),
        ("http://[::1]:80", .network(isTLS: false, host: "::1", port: 80)),
        ("unix:///run/x.sock", .unix(path: "/run/x.sock")),
    ])
    func `Listeners are read as Apache reads them`(url: String, listener: Listener) {
        #expect(Listener.parse(url) == .success(listener))
    }

    @Test(arguments: ["x", "http://a", "http://a:70000", "http://a b:1", "://:1", "unix://x", "http://a:-1", ""])
    func `Listeners that say nothing are refused`(url: String) {
        guard case .failure = Listener.parse(url) else {
            Issue.record("\(url) was taken")
            return
        }
    }

    @Test(arguments: [
        (
            "add X-A: b, set Y:z",
            [ResponseHeaderRule(action: .add, name: "X-A", value: "b"), .init(action: .set, name: "Y", value: "z")]
        ),
        (
            "\"add Cache-Control: no-cache, no-store\", setdate Expires: 1",
            [
                .init(action: .add, name: "Cache-Control", value: "no-cache, no-store"),
                .init(action: .setDate, name: "Expires", value: "1"),
            ]
        ), (" ", []),
    ])
    func `Header rules are read with their quotes`(text: String, rules: [ResponseHeaderRule]) throws {
        #expect(try ResponseHeaderRule.parse(text).get() == rules)
    }

    @Test(arguments: [
        ("foo", "Invalid format of header config 'foo'. Expected: '[action] [header name]:[header value]'"),
        ("bad X:y", "Invalid header config action: 'bad'. Expected one of [set, add, setDate, addDate]"),
        ("add X", "Invalid format of header name and header value pair 'X'. Expected: '[header name]:[header value]'"),
        (
            "add X:",
            "Invalid format of header name and header value pair 'X:'. Expected: '[header name]:[header value]'"
        ),
        ("add X y:z", "Invalid header name 'X y'. The '[header name]' cannot contain whitespace"),
        ("add :z", "Invalid header name ''. The '[header name]' cannot contain whitespace"),
    ])
    func `Header rules that are none are refused in Apache's words`(text: String, message: String) {
        #expect(ResponseHeaderRule.parse(text) == .failure(SettingMessage(message)))
    }
}
