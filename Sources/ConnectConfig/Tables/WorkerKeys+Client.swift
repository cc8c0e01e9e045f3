internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// Connections of the worker's own clients to Kafka.
    static let client: [SettingKey] = [
        SettingKey(
            "metadata.max.age.ms", .long, default: .text("300000"), validator: .atLeast(0), .low,
            """
            The period of time in milliseconds after which we force a refresh of metadata even if we haven't seen \
            any partition leadership changes to proactively discover any new brokers or partitions.
            """),
        SettingKey(
            "client.id", .string, default: .text(""), .low,
            """
            An id string to pass to the server when making requests. The purpose of this is to be able to track \
            the source of requests beyond just ip/port by allowing a logical application name to be included in \
            server-side request logging.
            """),
        SettingKey(
            "send.buffer.bytes", .int, default: .text("131072"), validator: .atLeast(-1), .medium,
            """
            The size of the TCP send buffer (SO_SNDBUF) to use when sending data. If the value is -1, the OS \
            default will be used.
            """),
        SettingKey(
            "receive.buffer.bytes", .int, default: .text("32768"), validator: .atLeast(-1), .medium,
            """
            The size of the TCP receive buffer (SO_RCVBUF) to use when reading data. If the value is -1, the OS \
            default will be used.
            """),
        SettingKey(
            "reconnect.backoff.ms", .long, default: .text("50"), validator: .atLeast(0), .low,
            """
            The base amount of time to wait before attempting to reconnect to a given host. This avoids repeatedly \
            connecting to a host in a tight loop. This backoff applies to all connection attempts by the client to \
            a broker. This value is the initial backoff value and will increase exponentially for each consecutive \
            connection failure, up to the <code>reconnect.backoff.max.ms</code> value.
            """),
        SettingKey(
            "reconnect.backoff.max.ms", .long, default: .text("1000"), validator: .atLeast(0), .low,
            """
            The maximum amount of time in milliseconds to wait when reconnecting to a broker that has repeatedly \
            failed to connect. If provided, the backoff per host will increase exponentially for each consecutive \
            connection failure, up to this maximum. After calculating the backoff increase, 20% random jitter is \
            added to avoid connection storms.
            """),
        SettingKey(
            "socket.connection.setup.timeout.ms", .long, default: .text("10000"), validator: .atLeast(0), .low,
            """
            The amount of time the client will wait for the socket connection to be established. If the connection \
            is not built before the timeout elapses, clients will close the socket channel. This value is the \
            initial backoff value and will increase exponentially for each consecutive connection failure, up to \
            the <code>socket.connection.setup.timeout.max.ms</code> value.
            """),
        SettingKey(
            "socket.connection.setup.timeout.max.ms", .long, default: .text("30000"), validator: .atLeast(0), .low,
            """
            The maximum amount of time the client will wait for the socket connection to be established. The \
            connection setup timeout will increase exponentially for each consecutive connection failure up to \
            this maximum. To avoid connection storms, a randomization factor of 0.2 will be applied to the timeout \
            resulting in a random range between 20% below and 20% above the computed value.
            """),
        SettingKey(
            "retry.backoff.ms", .long, default: .text("100"), validator: .atLeast(0), .low,
            """
            The amount of time to wait before attempting to retry a failed request to a given topic partition. \
            This avoids repeatedly sending requests in a tight loop under some failure scenarios. This value is \
            the initial backoff value and will increase exponentially for each failed request, up to the \
            <code>retry.backoff.max.ms</code> value.
            """),
        SettingKey(
            "retry.backoff.max.ms", .long, default: .text("1000"), validator: .atLeast(0), .low,
            """
            The maximum amount of time in milliseconds to wait when retrying a request to the broker that has \
            repeatedly failed. If provided, the backoff per client will increase exponentially for each failed \
            request, up to this maximum. To prevent all clients from being synchronized upon retry, a randomized \
            jitter with a factor of 0.2 will be applied to the backoff, resulting in the backoff falling within a \
            range between 20% below and 20% above the computed value. If <code>retry.backoff.ms</code> is set to \
            be higher than <code>retry.backoff.max.ms</code>, then <code>retry.backoff.max.ms</code> will be used \
            as a constant backoff from the beginning without any exponential increase
            """),
        SettingKey(
            "request.timeout.ms", .int, default: .text("40000"), validator: .atLeast(0), .medium,
            """
            The configuration controls the maximum amount of time the client will wait for the response of a \
            request. If the response is not received before the timeout elapses the client will resend the request \
            if necessary or fail the request if retries are exhausted.
            """),
        SettingKey(
            "connections.max.idle.ms", .long, default: .text("540000"), .medium,
            """
            Close idle connections after the number of milliseconds specified by this config.
            """),
        SettingKey(
            "security.protocol", .string, default: .text("PLAINTEXT"),
            validator: .oneOfIgnoringCase(["SASL_SSL", "PLAINTEXT", "SSL", "SASL_PLAINTEXT"]), .medium,
            "Protocol used to communicate with brokers."),
        SettingKey(
            "metadata.recovery.strategy", .string, default: .text("rebootstrap"),
            validator: .oneOfIgnoringCase(["REBOOTSTRAP", "NONE"]), .low,
            """
            Controls how the client recovers when none of the brokers known to it is available. If set to \
            <code>none</code>, the client fails. If set to <code>rebootstrap</code>, the client repeats the \
            bootstrap process using <code>bootstrap.servers</code>. Rebootstrapping is useful when a client \
            communicates with brokers so infrequently that the set of brokers may change entirely before the \
            client refreshes metadata. Metadata recovery is triggered when all last-known brokers appear \
            unavailable simultaneously. Brokers appear unavailable when disconnected and no current retry attempt \
            is in-progress. Consider increasing <code>reconnect.backoff.ms</code> and \
            <code>reconnect.backoff.max.ms</code> and decreasing <code>socket.connection.setup.timeout.ms</code> \
            and <code>socket.connection.setup.timeout.max.ms</code> for the client. Rebootstrap is also triggered \
            if connection cannot be established to any of the brokers for \
            <code>metadata.recovery.rebootstrap.trigger.ms</code> milliseconds or if server requests rebootstrap.
            """),
        SettingKey(
            "metadata.recovery.rebootstrap.trigger.ms", .long, default: .text("300000"), validator: .atLeast(0), .low,
            """
            If a client configured to rebootstrap using <code>metadata.recovery.strategy=rebootstrap</code> is \
            unable to obtain metadata from any of the brokers in the last known metadata for this interval, client \
            repeats the bootstrap process using <code>bootstrap.servers</code> configuration.
            """),
    ]
}
