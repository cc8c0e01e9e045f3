internal import KafkaProtocol
internal import Logging

/// InitProducerId (22): a new id for each idempotent producer; transactional ones are refused.
enum InitProducerIdAPI: BrokerAPI {
    /// As Kafka 4.3, for what librdkafka concludes from it.
    static let leastAnnounced: Int16? = 0

    static func answer(_ request: InitProducerIdRequest, _ call: Call, _ broker: inout Broker) {
        var response = InitProducerIdResponse()
        guard request.transactionalId == nil else {
            broker.notice(.warn, "A transactional producer was refused: there are no transactions here")
            return refuse(request, .invalidRequest, call, &broker)
        }
        response.producerId = broker.cluster.makeProducerID()
        broker.reply(response, to: call.pending)
    }

    static func refusal(_ request: InitProducerIdRequest, _ code: Int16, _ version: Int16, _ broker: Broker)
        -> InitProducerIdResponse
    {
        var response = InitProducerIdResponse()
        response.errorCode = code
        response.producerEpoch = -1
        return response
    }
}
