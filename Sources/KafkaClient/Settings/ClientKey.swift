/// One of Java's client keys: its name, what its text must look like, and the default of Kafka 4.3.
package struct ClientKey: Sendable {
    /// What a value must look like.
    package enum Form: Sendable {
        /// Any text.
        case text
        /// A whole number within bounds.
        case number(ClosedRange<Int64>)
        /// A floating-point number within bounds.
        case fraction(ClosedRange<Double>)
        /// `true` or `false` in any case.
        case flag
        /// One of some words.
        case word([String])
        /// Words or names with commas between them.
        case list
    }

    /// Whether the key does something here.
    package enum Use: Sendable {
        /// It has Java's meaning.
        case meaningful
        /// It is accepted and changes nothing; a caller names such keys in one warning.
        case withoutMeaning
        /// A value other than the default is an error until the feature of that name is there.
        case needs(String)
    }

    /// Java's name.
    package let name: String
    /// What a value must look like.
    package let form: Form
    /// Java's default as text; nil when there is none.
    package let standard: String?
    /// Whether the key does something here.
    package let use: Use

    init(_ name: String, _ form: Form, _ standard: String?, _ use: Use = .meaningful) {
        self.name = name
        self.form = form
        self.standard = standard
        self.use = use
    }
}

/// The tables of keys, one for each kind of client.
package enum ClientKeyTable {
    static let int32 = ClosedRange<Int64>(uncheckedBounds: (0, 2_147_483_647))
    static let int64 = ClosedRange<Int64>(uncheckedBounds: (0, .max))

    /// Keys of every client.
    static let common: [ClientKey] = [
        ClientKey("bootstrap.servers", .list, nil),
        ClientKey("client.id", .text, ""),
        ClientKey(
            "client.dns.lookup", .word(["use_all_dns_ips", "resolve_canonical_bootstrap_servers_only"]),
            "use_all_dns_ips"),
        ClientKey("connections.max.idle.ms", .number(-1...(.max)), "540000"),
        ClientKey("metadata.max.age.ms", .number(int64), "300000"),
        ClientKey("metadata.recovery.strategy", .word(["rebootstrap", "none"]), "rebootstrap"),
        ClientKey("metadata.recovery.rebootstrap.trigger.ms", .number(int64), "300000"),
        ClientKey("reconnect.backoff.ms", .number(int64), "50"),
        ClientKey("reconnect.backoff.max.ms", .number(int64), "1000"),
        ClientKey("retry.backoff.ms", .number(int64), "100"),
        ClientKey("retry.backoff.max.ms", .number(int64), "1000"),
        ClientKey("request.timeout.ms", .number(int32), "30000"),
        ClientKey("socket.connection.setup.timeout.ms", .number(int64), "10000"),
        ClientKey("socket.connection.setup.timeout.max.ms", .number(int64), "30000"),
        ClientKey("send.buffer.bytes", .number(-1...2_147_483_647), "131072", .withoutMeaning),
        ClientKey("receive.buffer.bytes", .number(-1...2_147_483_647), "65536", .withoutMeaning),
        ClientKey("security.protocol", .word(["PLAINTEXT"]), "PLAINTEXT", .needs("TLS and SASL support")),
        ClientKey("sasl.mechanism", .text, "GSSAPI", .needs("SASL support")),
        ClientKey("sasl.jaas.config", .text, nil, .needs("SASL support")),
        ClientKey("security.providers", .text, nil, .withoutMeaning),
        ClientKey("enable.metrics.push", .flag, "true", .withoutMeaning),
        ClientKey("metric.reporters", .list, "org.apache.kafka.common.metrics.JmxReporter", .withoutMeaning),
        ClientKey("metrics.num.samples", .number(1...2_147_483_647), "2", .withoutMeaning),
        ClientKey("metrics.recording.level", .word(["INFO", "DEBUG", "TRACE"]), "INFO", .withoutMeaning),
        ClientKey("metrics.sample.window.ms", .number(int64), "30000", .withoutMeaning),
        ClientKey("interceptor.classes", .list, "", .withoutMeaning),
        ClientKey("config.providers", .list, "", .withoutMeaning),
    ]

    /// Keys of producers.
    static let producer: [ClientKey] = [
        ClientKey("acks", .word(["all", "-1", "0", "1"]), "all"),
        ClientKey("batch.size", .number(int32), "16384"),
        ClientKey("buffer.memory", .number(int64), "33554432"),
        ClientKey("compression.type", .word(["none", "gzip", "snappy", "lz4", "zstd"]), "none"),
        ClientKey("compression.gzip.level", .number(-1...9), "-1"),
        ClientKey("compression.lz4.level", .number(1...17), "9"),
        ClientKey("compression.zstd.level", .number(-131_072...22), "3"),
        ClientKey("delivery.timeout.ms", .number(int32), "120000"),
        ClientKey("enable.idempotence", .flag, "true"),
        ClientKey("linger.ms", .number(int64), "5"),
        ClientKey("max.block.ms", .number(int64), "60000"),
        ClientKey("max.in.flight.requests.per.connection", .number(1...2_147_483_647), "5"),
        ClientKey("max.request.size", .number(int32), "1048576"),
        ClientKey("metadata.max.idle.ms", .number(5000...(.max)), "300000"),
        ClientKey("partitioner.class", .text, nil, .needs("partitioners other than Kafka's own")),
        ClientKey("partitioner.adaptive.partitioning.enable", .flag, "true"),
        ClientKey("partitioner.availability.timeout.ms", .number(int64), "0"),
        ClientKey("partitioner.ignore.keys", .flag, "false"),
        ClientKey("retries", .number(int32), "2147483647"),
        ClientKey("transaction.timeout.ms", .number(int32), "60000", .withoutMeaning),
        ClientKey("transaction.two.phase.commit.enable", .flag, "false", .needs("transactions")),
        ClientKey("transactional.id", .text, nil, .needs("transactions")),
        ClientKey("key.serializer", .text, nil, .withoutMeaning),
        ClientKey("value.serializer", .text, nil, .withoutMeaning),
    ]

    /// Keys of consumers.
    static let consumer: [ClientKey] = [
        ClientKey("group.id", .text, nil),
        ClientKey("group.instance.id", .text, nil),
        ClientKey("group.protocol", .word(["classic"]), "classic", .needs("the group protocol of KIP-848")),
        ClientKey("group.remote.assignor", .text, nil, .withoutMeaning),
        ClientKey("session.timeout.ms", .number(int32), "45000"),
        ClientKey("heartbeat.interval.ms", .number(int32), "3000"),
        ClientKey("max.poll.interval.ms", .number(1...2_147_483_647), "300000"),
        ClientKey("max.poll.records", .number(1...2_147_483_647), "500"),
        ClientKey(
            "partition.assignment.strategy", .list,
            "org.apache.kafka.clients.consumer.RangeAssignor,"
                + "org.apache.kafka.clients.consumer.CooperativeStickyAssignor"),
        ClientKey("auto.offset.reset", .text, "latest"),
        ClientKey("enable.auto.commit", .flag, "true"),
        ClientKey("auto.commit.interval.ms", .number(int32), "5000"),
        ClientKey("isolation.level", .word(["read_uncommitted", "read_committed"]), "read_uncommitted"),
        ClientKey("fetch.min.bytes", .number(int32), "1"),
        ClientKey("fetch.max.wait.ms", .number(int32), "500"),
        ClientKey("fetch.max.bytes", .number(int32), "52428800"),
        ClientKey("max.partition.fetch.bytes", .number(int32), "1048576"),
        ClientKey("check.crcs", .flag, "true"),
        ClientKey("client.rack", .text, ""),
        ClientKey("allow.auto.create.topics", .flag, "true"),
        ClientKey("exclude.internal.topics", .flag, "true"),
        ClientKey("default.api.timeout.ms", .number(int32), "60000"),
        ClientKey("key.deserializer", .text, nil, .withoutMeaning),
        ClientKey("value.deserializer", .text, nil, .withoutMeaning),
        ClientKey("share.acknowledgement.mode", .text, "implicit", .withoutMeaning),
        ClientKey("share.acquire.mode", .text, "batch_optimized", .withoutMeaning),
    ]

    /// Keys of admin clients.
    static let admin: [ClientKey] = [
        ClientKey("bootstrap.controllers", .list, "", .needs("connections to controllers")),
        ClientKey("default.api.timeout.ms", .number(int32), "60000"),
        ClientKey("retries", .number(int32), "2147483647"),
    ]

    /// All keys of a kind of client; those of TLS and SASL that carry no default here are known by their prefixes.
    package static func keys(of role: ClientSettings.Role) -> [ClientKey] {
        switch role {
        case .producer: common + producer
        case .consumer: common + consumer
        case .admin: common + admin
        }
    }

    /// Whether a name is one of Java's keys that TLS or SASL support gives a meaning.
    package static func isSecurityKey(_ name: String) -> Bool {
        name.hasPrefix("ssl.") || name.hasPrefix("sasl.")
    }
}
