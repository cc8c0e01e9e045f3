internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// Authentication of the worker's own clients.
    static let sasl: [SettingKey] = [
        SettingKey(
            "sasl.kerberos.service.name", .string, default: .none, .medium,
            """
            The Kerberos principal name that Kafka runs as. This can be defined either in Kafka's JAAS config or \
            in Kafka's config.
            """),
        SettingKey(
            "sasl.kerberos.kinit.cmd", .string, default: .text("/usr/bin/kinit"), .low,
            "Kerberos kinit command path."),
        SettingKey(
            "sasl.kerberos.ticket.renew.window.factor", .double, default: .text("0.8"), .low,
            """
            Login thread will sleep until the specified window factor of time from last refresh to ticket's expiry \
            has been reached, at which time it will try to renew the ticket.
            """),
        SettingKey(
            "sasl.kerberos.ticket.renew.jitter", .double, default: .text("0.05"), .low,
            "Percentage of random jitter added to the renewal time."),
        SettingKey(
            "sasl.kerberos.min.time.before.relogin", .long, default: .text("60000"), .low,
            "Login thread sleep time between refresh attempts."),
        SettingKey(
            "sasl.login.refresh.window.factor", .double, default: .text("0.8"), validator: .fraction(0.5, 1.0), .low,
            """
            Login refresh thread will sleep until the specified window factor relative to the credential's \
            lifetime has been reached, at which time it will try to refresh the credential. Legal values are \
            between 0.5 (50%) and 1.0 (100%) inclusive; a default value of 0.8 (80%) is used if no value is \
            specified. Currently applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.refresh.window.jitter", .double, default: .text("0.05"), validator: .fraction(0.0, 0.25), .low,
            """
            The maximum amount of random jitter relative to the credential's lifetime that is added to the login \
            refresh thread's sleep time. Legal values are between 0 and 0.25 (25%) inclusive; a default value of \
            0.05 (5%) is used if no value is specified. Currently applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.refresh.min.period.seconds", .short, default: .text("60"), validator: .between(0, 900), .low,
            """
            The desired minimum time for the login refresh thread to wait before refreshing a credential, in \
            seconds. Legal values are between 0 and 900 (15 minutes); a default value of 60 (1 minute) is used if \
            no value is specified.  This value and  sasl.login.refresh.buffer.seconds are both ignored if their \
            sum exceeds the remaining lifetime of a credential. Currently applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.refresh.buffer.seconds", .short, default: .text("300"), validator: .between(0, 3600), .low,
            """
            The amount of buffer time before credential expiration to maintain when refreshing a credential, in \
            seconds. If a refresh would otherwise occur closer to expiration than the number of buffer seconds \
            then the refresh will be moved up to maintain as much of the buffer time as possible. Legal values are \
            between 0 and 3600 (1 hour); a default value of  300 (5 minutes) is used if no value is specified. \
            This value and sasl.login.refresh.min.period.seconds are both ignored if their sum exceeds the \
            remaining lifetime of a credential. Currently applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.mechanism", .string, default: .text("GSSAPI"), .medium,
            """
            SASL mechanism used for client connections. This may be any mechanism for which a security provider is \
            available. GSSAPI is the default mechanism.
            """),
        SettingKey(
            "sasl.jaas.config", .password, default: .none, .medium,
            """
            JAAS login context parameters for SASL connections in the format used by JAAS configuration files. \
            JAAS configuration file format is described <a \
            href="https://docs.oracle.com/javase/8/docs/technotes/guides/security/jgss/tutorials/LoginConfigFile.html">here</a>. \
            The format for the value is: <code>loginModuleClass controlFlag (optionName=optionValue)*;</code>. For \
            brokers, the config must be prefixed with listener prefix and SASL mechanism name in lower-case. For \
            example, listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=com.example.ScramLoginModule required;
            """),
        SettingKey(
            "sasl.client.callback.handler.class", .class, default: .none, .medium,
            """
            The fully qualified name of a SASL client callback handler class that implements the \
            AuthenticateCallbackHandler interface.
            """),
        SettingKey(
            "sasl.login.callback.handler.class", .class, default: .none, .medium,
            """
            The fully qualified name of a SASL login callback handler class that implements the \
            AuthenticateCallbackHandler interface. For brokers, login callback handler config must be prefixed \
            with listener prefix and SASL mechanism name in lower-case. For example, \
            listener.name.sasl_ssl.scram-sha-256.sasl.login.callback.handler.class=com.example.CustomScramLoginCallbackHandler
            """),
        SettingKey(
            "sasl.login.class", .class, default: .none, .medium,
            """
            The fully qualified name of a class that implements the Login interface. For brokers, login config \
            must be prefixed with listener prefix and SASL mechanism name in lower-case. For example, \
            listener.name.sasl_ssl.scram-sha-256.sasl.login.class=com.example.CustomScramLogin
            """),
        SettingKey(
            "sasl.login.connect.timeout.ms", .int, default: .none, .low,
            """
            The (optional) value in milliseconds for the external authentication provider connection timeout. \
            Currently applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.read.timeout.ms", .int, default: .none, .low,
            """
            The (optional) value in milliseconds for the external authentication provider read timeout. Currently \
            applies only to OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.retry.backoff.max.ms", .long, default: .text("10000"), .low,
            """
            The (optional) value in milliseconds for the maximum wait between login attempts to the external \
            authentication provider. Login uses an exponential backoff algorithm with an initial wait based on the \
            sasl.login.retry.backoff.ms setting and will double in wait length between attempts up to a maximum \
            wait length specified by the sasl.login.retry.backoff.max.ms setting. Currently applies only to \
            OAUTHBEARER.
            """),
        SettingKey(
            "sasl.login.retry.backoff.ms", .long, default: .text("100"), .low,
            """
            The (optional) value in milliseconds for the initial wait between login attempts to the external \
            authentication provider. Login uses an exponential backoff algorithm with an initial wait based on the \
            sasl.login.retry.backoff.ms setting and will double in wait length between attempts up to a maximum \
            wait length specified by the sasl.login.retry.backoff.max.ms setting. Currently applies only to \
            OAUTHBEARER.
            """),
    ]
}
