internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// TLS, of the REST server and of connections to Kafka.
    static let tls: [SettingKey] = [
        SettingKey(
            "ssl.protocol", .string, default: .text("TLSv1.3"), .medium,
            """
            The SSL protocol used to generate the SSLContext. The default is 'TLSv1.3', which should be fine for \
            most use cases. A typical alternative to the default is 'TLSv1.2'. Allowed values for this config are \
            dependent on the JVM. Clients using the defaults for this config and 'ssl.enabled.protocols' will \
            downgrade to 'TLSv1.2' if the server does not support 'TLSv1.3'. If this config is set to 'TLSv1.2', \
            however, clients will not use 'TLSv1.3' even if it is one of the values in \
            <code>ssl.enabled.protocols</code> and the server only supports 'TLSv1.3'.
            """),
        SettingKey(
            "ssl.provider", .string, default: .none, .medium,
            """
            The name of the security provider used for SSL connections. Default value is the default security \
            provider of the JVM.
            """),
        SettingKey(
            "ssl.cipher.suites", .list, default: .text(""),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .low,
            """
            A list of cipher suites. This is a named combination of authentication, encryption, MAC and key \
            exchange algorithm used to negotiate the security settings for a network connection using TLS or SSL \
            network protocol. By default all the available cipher suites are supported.
            """),
        SettingKey(
            "ssl.enabled.protocols", .list, default: .text("TLSv1.2,TLSv1.3"),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .medium,
            """
            The list of protocols enabled for SSL connections. The default is 'TLSv1.2,TLSv1.3'. This means that \
            clients and servers will prefer TLSv1.3 if both support it and fallback to TLSv1.2 otherwise (assuming \
            both support at least TLSv1.2). This default should be fine for most use cases. If this configuration \
            is set to an empty list, Kafka will use the protocols enabled by default in the underlying SSLEngine, \
            which may include additional protocols depending on the JVM version. Also see the config documentation \
            for <code>ssl.protocol</code> to understand how it can impact the TLS version negotiation behavior.
            """),
        SettingKey(
            "ssl.keystore.type", .string, default: .text("JKS"), .medium,
            """
            The file format of the key store file. This is optional for client. The values currently supported by \
            the default <code>ssl.engine.factory.class</code> are [JKS, PKCS12, PEM].
            """),
        SettingKey(
            "ssl.keystore.location", .string, default: .none, .high,
            """
            The location of the key store file. This is optional for client and can be used for two-way \
            authentication for client.
            """),
        SettingKey(
            "ssl.keystore.password", .password, default: .none, .high,
            """
            The store password for the key store file. This is optional for client and only needed if \
            'ssl.keystore.location' is configured. Key store password is not supported for PEM format.
            """),
        SettingKey(
            "ssl.key.password", .password, default: .none, .high,
            """
            The password of the private key in the key store file or the PEM key specified in 'ssl.keystore.key'.
            """),
        SettingKey(
            "ssl.keystore.key", .password, default: .none, .high,
            """
            Private key in the format specified by 'ssl.keystore.type'. Default SSL engine factory supports only \
            PEM format with PKCS#8 keys. If the key is encrypted, key password must be specified using \
            'ssl.key.password'
            """),
        SettingKey(
            "ssl.keystore.certificate.chain", .password, default: .none, .high,
            """
            Certificate chain in the format specified by 'ssl.keystore.type'. Default SSL engine factory supports \
            only PEM format with a list of X.509 certificates
            """),
        SettingKey(
            "ssl.truststore.certificates", .password, default: .none, .high,
            """
            Trusted certificates in the format specified by 'ssl.truststore.type'. Default SSL engine factory \
            supports only PEM format with X.509 certificates.
            """),
        SettingKey(
            "ssl.truststore.type", .string, default: .text("JKS"), .medium,
            """
            The file format of the trust store file. The values currently supported by the default \
            <code>ssl.engine.factory.class</code> are [JKS, PKCS12, PEM].
            """),
        SettingKey(
            "ssl.truststore.location", .string, default: .none, .high,
            "The location of the trust store file."),
        SettingKey(
            "ssl.truststore.password", .password, default: .none, .high,
            """
            The password for the trust store file. If a password is not set, trust store file configured will \
            still be used, but integrity checking is disabled. Trust store password is not supported for PEM \
            format.
            """),
        SettingKey(
            "ssl.keymanager.algorithm", .string, default: .text("SunX509"), .low,
            """
            The algorithm used by key manager factory for SSL connections. Default value is the key manager \
            factory algorithm configured for the Java Virtual Machine.
            """),
        SettingKey(
            "ssl.trustmanager.algorithm", .string, default: .text("PKIX"), .low,
            """
            The algorithm used by trust manager factory for SSL connections. Default value is the trust manager \
            factory algorithm configured for the Java Virtual Machine.
            """),
        SettingKey(
            "ssl.endpoint.identification.algorithm", .string, default: .text("https"), .low,
            """
            The endpoint identification algorithm to validate server hostname using server certificate.
            """),
        SettingKey(
            "ssl.secure.random.implementation", .string, default: .none, .low,
            """
            The SecureRandom PRNG implementation to use for SSL cryptography operations.
            """),
        SettingKey(
            "ssl.engine.factory.class", .class, default: .none, .low,
            """
            The class of type org.apache.kafka.common.security.auth.SslEngineFactory to provide SSLEngine objects. \
            Default value is org.apache.kafka.common.security.ssl.DefaultSslEngineFactory. Alternatively, setting \
            this to org.apache.kafka.common.security.ssl.CommonNameLoggingSslEngineFactory will log the common \
            name of expired SSL certificates used by clients to authenticate at any of the brokers with log level \
            INFO. Note that this will cause a tiny delay during establishment of new connections from mTLS clients \
            to brokers due to the extra code for examining the certificate chain provided by the client. Note \
            further that the implementation uses a custom truststore based on the standard Java truststore and \
            thus might be considered a security risk due to not being as mature as the standard one.
            """),
    ]
}
