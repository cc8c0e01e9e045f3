internal import Settings

// Names, defaults and texts are Apache Kafka's own (Apache License 2.0).
extension WorkerKeys {
    /// The REST server.
    static let rest: [SettingKey] = [
        SettingKey(
            "listeners", .list, default: .text("http://:8083"), validator: .listeners, .low,
            """
            List of comma-separated URIs the REST API will listen on. The supported protocols are HTTP and HTTPS. \
            Specify hostname as 0.0.0.0 to bind to all interfaces. \
            Leave hostname empty to bind to default interface. \
            Examples of legal listener lists: HTTP://myhost:8083,HTTPS://myhost:8084
            """),
        SettingKey(
            "rest.advertised.host.name", .string, default: .none, .low,
            """
            If this is set, this is the hostname that will be given out to other workers to connect to.
            """),
        SettingKey(
            "rest.advertised.port", .int, default: .none, .low,
            """
            If this is set, this is the port that will be given out to other workers to connect to.
            """),
        SettingKey(
            "rest.advertised.listener", .string, default: .none, .low,
            """
            Sets the advertised listener (HTTP or HTTPS) which will be given to other workers to use.
            """),
        SettingKey(
            "access.control.allow.origin", .string, default: .text(""), .low,
            """
            Value to set the Access-Control-Allow-Origin header to for REST API requests.To enable cross origin \
            access, set this to the domain of the application that should be permitted to access the API, or '*' \
            to allow access from any domain. The default value only allows access from the domain of the REST API.
            """),
        SettingKey(
            "access.control.allow.methods", .string, default: .text(""), .low,
            """
            Sets the methods supported for cross origin requests by setting the Access-Control-Allow-Methods \
            header. The default value of the Access-Control-Allow-Methods header allows cross origin requests for \
            GET, POST and HEAD.
            """),
        SettingKey(
            "response.http.headers.config", .string, default: .text(""), validator: .responseHeaders, .low,
            "Rules for REST API HTTP response headers"),
        SettingKey(
            "ssl.client.auth", .string, default: .text("none"), validator: .oneOf(["required", "requested", "none"]),
            .low,
            """
            Configures kafka broker to request client authentication. The following settings are common:  <ul> \
            <li><code>ssl.client.auth=required</code> If set to required client authentication is required. \
            <li><code>ssl.client.auth=requested</code> This means client authentication is optional. unlike \
            required, if this option is set client can choose not to provide authentication information about \
            itself <li><code>ssl.client.auth=none</code> This means client authentication is not needed.</ul>
            """),
        SettingKey(
            "rest.extension.classes", .list, default: .text(""),
            validator: .list(emptyAllowed: true, nullAllowed: false, valid: []), .low,
            """
            Comma-separated names of <code>ConnectRestExtension</code> classes, loaded and called in the order \
            specified. Implementing the interface  <code>ConnectRestExtension</code> allows you to inject into \
            Connect's REST API user defined resources like filters. Typically used to add custom capability like \
            logging, security, etc.
            """),
        SettingKey(
            "admin.listeners", .list, default: .none,
            validator: .list(emptyAllowed: true, nullAllowed: true, valid: []), .low,
            """
            List of comma-separated URIs the Admin REST API will listen on. The supported protocols are HTTP and \
            HTTPS. An empty or blank string will disable this feature. The default behavior is to use the regular \
            listener (specified by the 'listeners' property). A comma-separated list of valid URLs, e.g., \
            http://localhost:8080,https://localhost:8443.
            """),
        SettingKey(
            "topic.tracking.enable", .boolean, default: .text("true"), .low,
            "Enable tracking the set of active topics per connector during runtime."),
        SettingKey(
            "topic.tracking.allow.reset", .boolean, default: .text("true"), .low,
            """
            If set to true, it allows user requests to reset the set of active topics per connector.
            """),
    ]
}
