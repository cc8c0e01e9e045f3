internal import KafkaProtocol

/// ApiVersions (18): what this broker speaks.
enum ApiVersionsAPI: BrokerAPI {
    static func answer(_ request: ApiVersionsRequest, _ call: Call, _ broker: inout Broker) {
        broker.reply(response(0), to: call.pending)
    }

    static func refusal(_ request: ApiVersionsRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> ApiVersionsResponse
    {
        response(code)
    }

    /// A client that is ahead of this broker is told so in version 0, which it understands, and asks again.
    static func refuseVersion(_ call: Call, _ broker: inout Broker) {
        let pending = Pending(ticket: call.pending.ticket, version: 0, correlationID: call.pending.correlationID)
        broker.reply(response(ErrorCode.unsupportedVersion.rawValue), to: pending)
    }

    private static func response(_ code: Int16) -> ApiVersionsResponse {
        var response = ApiVersionsResponse()
        response.errorCode = code
        response.apiKeys = BrokerAPIs.all.map { api in
            var entry = ApiVersionsResponse.ApiVersion()
            entry.apiKey = api.key
            entry.minVersion = api.leastAnnounced ?? api.versions.lowerBound
            entry.maxVersion = api.versions.upperBound
            return entry
        }
        return response
    }
}
