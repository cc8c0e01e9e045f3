internal import KafkaProtocol

/// FindCoordinator (10): this broker, for every group. There are no transactions to coordinate.
enum FindCoordinatorAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 0

    static func answer(_ request: FindCoordinatorRequest, _ call: Call, _ broker: inout Broker) {
        guard request.keyType == 0 else {
            let reason = "Only groups have a coordinator here: there are no transactions."
            return broker.reply(
                respond(request, broker, ErrorCode.invalidRequest.rawValue, reason, version: call.version),
                to: call.pending)
        }
        broker.reply(respond(request, broker, 0, nil, version: call.version), to: call.pending)
    }

    static func refusal(_ request: FindCoordinatorRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> FindCoordinatorResponse
    {
        respond(request, broker, code, nil, version: version)
    }

    private static func respond(
        _ request: FindCoordinatorRequest, _ broker: Broker, _ code: Int16, _ message: String?, version: Int16
    ) -> FindCoordinatorResponse {
        var response = FindCoordinatorResponse()
        let isFound = code == 0
        let node = isFound ? Broker.node : -1
        let host = isFound ? broker.settings.host : ""
        let port = isFound ? Int32(broker.settings.port) : -1
        guard version > 3 else {
            response.errorCode = code
            response.errorMessage = message
            (response.nodeId, response.host, response.port) = (node, host, port)
            return response
        }
        response.coordinators = request.coordinatorKeys.map { key in
            var entry = FindCoordinatorResponse.Coordinator()
            entry.key = key
            entry.errorCode = code
            entry.errorMessage = message
            (entry.nodeId, entry.host, entry.port) = (node, host, port)
            return entry
        }
        return response
    }
}
