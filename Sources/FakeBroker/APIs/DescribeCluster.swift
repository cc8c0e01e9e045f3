internal import KafkaProtocol

/// DescribeCluster (60).
enum DescribeClusterAPI: BrokerAPI {
    static func answer(_ request: DescribeClusterRequest, _ call: Call, _ broker: inout Broker) {
        guard request.endpointType == 1 else {
            return refuse(request, .mismatchedEndpointType, call, &broker)
        }
        var response = DescribeClusterResponse()
        response.clusterId = Broker.clusterID
        response.controllerId = Broker.node
        var node = DescribeClusterResponse.DescribeClusterBroker()
        node.brokerId = Broker.node
        node.host = broker.settings.host
        node.port = Int32(broker.settings.port)
        response.brokers = [node]
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: DescribeClusterRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> DescribeClusterResponse
    {
        var response = DescribeClusterResponse()
        response.errorCode = code
        return response
    }
}
