import Settings

extension WorkerConfig {
    // MARK: REST

    /// Nil: the host of the first listener.
    package var advertisedHostName: String? { settings.string("rest.advertised.host.name") }
    /// Nil: the port of the first listener.
    package var advertisedPort: Int? { settings.int("rest.advertised.port") }
    /// Empty: no cross-origin access.
    package var allowedOrigins: [String] { names("access.control.allow.origin") }
    /// Empty: the server's default.
    package var allowedMethods: [String] { names("access.control.allow.methods") }

    /// The words of a comma list that Apache declares as one string.
    private func names(_ key: String) -> [String] {
        (settings.string(key) ?? "").split(separator: ",").map { item in
            String(item.filter { !$0.isWhitespace })
        }.filter { !$0.isEmpty }
    }
}
