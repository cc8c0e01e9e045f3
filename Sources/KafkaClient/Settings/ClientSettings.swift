/// Settings of a producer, consumer or admin client, read from Java's keys with Java's meaning and defaults.
///
/// All times are nanoseconds of the monotonic clock; `UInt64.max` stands for "never". A value type: copies are independent.
public struct ClientSettings: Sendable {
    /// What is wrong with one key.
    public struct Problem: Sendable, Equatable {
        /// Java's name of the key.
        public let key: String
        /// What is wrong and what to do; begins with the key.
        public let message: String
    }

    /// Which kind of client the keys are for: it decides which keys are known and some defaults.
    public enum Role: Sendable { case producer, consumer, admin }

    /// The kind of client.
    public let role: Role
    /// Every key as given, for comparison of clusters and for what else a user of this type reads.
    public let properties: [String: String]
    /// `bootstrap.servers`.
    public var bootstrapServers: [BrokerAddress]
    /// `client.id`, sent with each request.
    public var clientID: String
    /// `connections.max.idle.ms`: when a connection without traffic is closed.
    public var connectionsMaxIdle: UInt64
    /// `metadata.max.age.ms`.
    public var metadataMaxAge: UInt64
    /// Whether `metadata.recovery.strategy` is `rebootstrap`.
    public var rebootstraps: Bool
    /// `metadata.recovery.rebootstrap.trigger.ms`.
    public var rebootstrapTrigger: UInt64
    /// `reconnect.backoff.ms` and `reconnect.backoff.max.ms`.
    public var reconnectBackoff: Backoff
    /// `retry.backoff.ms` and `retry.backoff.max.ms`.
    public var retryBackoff: Backoff
    /// `socket.connection.setup.timeout.ms` and its maximum.
    public var connectionSetup: Backoff
    /// `request.timeout.ms`.
    public var requestTimeout: UInt64
    /// `default.api.timeout.ms` of consumers and admin clients; the request time-out elsewhere.
    public var apiTimeout: UInt64
    /// What only producers have; defaults elsewhere.
    public var producer: ProducerSettings
    /// Keys that were given and do nothing here: worth one warning.
    public let keysWithoutMeaning: [String]
    /// Keys that Java does not know either: worth one warning.
    public let unknownKeys: [String]

    /// Reads the keys of one client.
    ///
    /// - Throws: `ClientError.Code.invalidSettings` with every problem in its message, one after the other.
    public init(_ properties: [String: String], role: Role) throws(ClientError) {
        var reader = SettingsReader(properties, role: role)
        self.init(&reader, properties, role: role)
        try reader.finish()
    }

    /// Everything that is wrong with the keys of one client, in the order in which they are read; empty where a client can
    /// be made with them.
    public static func problems(in properties: [String: String], role: Role) -> [Problem] {
        var reader = SettingsReader(properties, role: role)
        _ = ClientSettings(&reader, properties, role: role)
        // Those of the common keys would be told twice: a reader of its own, which sees the consumer's keys alone.
        var consumer = SettingsReader(properties, role: role)
        if role == .consumer { _ = ConsumerSettings(&consumer) }
        return reader.problems + consumer.problems
    }

    /// Values that stand in for what cannot be read are of no use: the caller looks at the reader's problems.
    private init(_ reader: inout SettingsReader, _ properties: [String: String], role: Role) {
        self.role = role
        self.properties = properties
        bootstrapServers = Self.bootstrapServers(&reader)
        clientID = reader.text("client.id") ?? ""
        let idle = reader.nanoseconds("connections.max.idle.ms")
        let isOwnIdle = reader.isSet("connections.max.idle.ms")
        connectionsMaxIdle = role == .admin && !isOwnIdle ? 300_000_000_000 : idle
        metadataMaxAge = reader.nanoseconds("metadata.max.age.ms")
        rebootstraps = reader.word("metadata.recovery.strategy") == "rebootstrap"
        rebootstrapTrigger = reader.nanoseconds("metadata.recovery.rebootstrap.trigger.ms")
        reconnectBackoff = Backoff(
            initial: reader.nanoseconds("reconnect.backoff.ms"),
            maximum: reader.nanoseconds("reconnect.backoff.max.ms"))
        retryBackoff = Backoff(
            initial: reader.nanoseconds("retry.backoff.ms"), maximum: reader.nanoseconds("retry.backoff.max.ms"))
        connectionSetup = Backoff(
            initial: reader.nanoseconds("socket.connection.setup.timeout.ms"),
            maximum: reader.nanoseconds("socket.connection.setup.timeout.max.ms"))
        requestTimeout = reader.nanoseconds("request.timeout.ms")
        apiTimeout = role == .producer ? requestTimeout : reader.nanoseconds("default.api.timeout.ms")
        _ = reader.word("security.protocol")
        _ = reader.word("client.dns.lookup")
        producer = role == .producer ? ProducerSettings(&reader, requestTimeout: requestTimeout) : ProducerSettings()
        reader.refuseKeysOfMissingFeatures()
        keysWithoutMeaning = reader.keysWithoutMeaning()
        unknownKeys = reader.unknownKeys()
    }

    private static func bootstrapServers(_ reader: inout SettingsReader) -> [BrokerAddress] {
        let names = reader.list("bootstrap.servers")
        if names.isEmpty {
            reader.complain(
                of: "bootstrap.servers", "bootstrap.servers: no broker is named; set it to host:port,host:port")
        }
        var addresses: [BrokerAddress] = []
        for name in names {
            guard let address = BrokerAddress(parsing: name) else {
                reader.complain(of: "bootstrap.servers", "bootstrap.servers: '\(name)' is not host:port")
                continue
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}
