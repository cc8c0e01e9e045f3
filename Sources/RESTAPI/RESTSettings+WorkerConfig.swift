package import ConnectConfig
package import HTTPServer

extension RESTSettings {
    /// What a worker's configuration says about REST.
    /// - Parameters:
    ///   - advertised: where others find this worker.
    ///   - builtIns: plugins that no catalog lists.
    package init(
        _ config: WorkerConfig, version: String, commit: String, advertised: AdvertisedAddress, builtIns: [BuiltIn]
    ) {
        self.init(
            version: version, commit: commit, advertisedURL: advertised.url, builtIns: builtIns,
            tracksTopics: config.topicTrackingEnabled, allowsTopicReset: config.topicTrackingResetAllowed,
            allowedOrigins: config.allowedOrigins,
            allowedMethods: config.allowedMethods,
            responseHeaders: config.responseHeaders, verificationAlgorithms: config.verificationAlgorithms)
    }
}

extension HTTPListener {
    /// A listener of the configuration; nil for one that needs TLS.
    package init?(_ listener: Listener) {
        switch listener {
        case .network(isTLS: false, let host, let port): self = .network(host: host, port: port)
        case .network: return nil
        case .unix(let path): self = .unix(path: path)
        }
    }
}

extension AdvertisedAddress {
    /// Where a worker of this configuration is found.
    /// - Parameters:
    ///   - host: how its first TCP listener names this host; empty where that binds all addresses, nil where there is none.
    ///   - bound: where its server was found to listen.
    package init(_ config: WorkerConfig, host: String?, bound: [HTTPAddress]) {
        self.init(host: config.advertisedHostName, port: config.advertisedPort, configured: host, bound: bound)
    }
}
