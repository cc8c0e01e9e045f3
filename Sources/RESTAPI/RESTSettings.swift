package import ConnectConfig

/// What the REST service is told once, when the worker is composed.
package struct RESTSettings: Sendable {
    /// A plugin that is part of the worker and so in no catalog: a converter, say.
    package struct BuiltIn: Sendable, Equatable {
        /// Class name as Apache's worker has it.
        package var className: String
        package var type: PluginType
        package var version: String

        package init(className: String, type: PluginType, version: String) {
            self.className = className
            self.type = type
            self.version = version
        }
    }

    /// Kinds of plugins in the order in which `GET /connector-plugins` lists them.
    package enum PluginType: String, Sendable, CaseIterable {
        case sink, source, transformation, predicate, converter
        case headerConverter = "header_converter"
    }

    /// `version` of `GET /`, such as `4.3.0+native.0.1.0`: clients switch features on its beginning.
    package var version: String
    /// `commit` of `GET /`.
    package var commit: String
    /// Base of `Location` headers where a request has no usable `Host`, such as `http://w1:8083`.
    package var advertisedURL: String
    /// Plugins that no catalog lists.
    package var builtIns: [BuiltIn]
    /// `topic.tracking.enable`.
    package var tracksTopics: Bool
    /// `topic.tracking.allow.reset`.
    package var allowsTopicReset: Bool
    /// `access.control.allow.origin`: whole origins, or `*`; empty for none.
    package var allowedOrigins: [String]
    /// `access.control.allow.methods`; Apache's default where it is empty.
    package var allowedMethods: [String]
    /// `response.http.headers.config`.
    package var responseHeaders: [ResponseHeaderRule]
    /// `inter.worker.verification.algorithms`: what may sign requests of other workers.
    package var verificationAlgorithms: [String]
    /// Longest wait for the herder: Apache's fixed 90 s.
    package var requestTime: Duration
    /// Longest wait of `GET /health`: Apache's fixed 10 s.
    package var healthTime: Duration

    package init(
        version: String, commit: String, advertisedURL: String, builtIns: [BuiltIn] = [], tracksTopics: Bool = true,
        allowsTopicReset: Bool = true, allowedOrigins: [String] = [], allowedMethods: [String] = [],
        responseHeaders: [ResponseHeaderRule] = [], verificationAlgorithms: [String] = ["HmacSHA256"],
        requestTime: Duration = .seconds(90),
        healthTime: Duration = .seconds(10)
    ) {
        self.version = version
        self.commit = commit
        self.advertisedURL = advertisedURL
        self.builtIns = builtIns
        self.tracksTopics = tracksTopics
        self.allowsTopicReset = allowsTopicReset
        self.allowedOrigins = allowedOrigins
        self.allowedMethods = allowedMethods.isEmpty ? ["GET", "POST", "HEAD"] : allowedMethods
        self.responseHeaders = responseHeaders
        self.verificationAlgorithms = verificationAlgorithms
        self.requestTime = requestTime
        self.healthTime = healthTime
    }
}
