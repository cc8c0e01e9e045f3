extension ProducerMachine.Configuration {
    /// What the settings of a client mean to the machine.
    init(_ settings: ClientSettings) {
        self.init()
        isIdempotent = settings.producer.isIdempotent
        isIdempotenceRequired = settings.producer.isIdempotenceExplicit
        maxInFlight = settings.producer.maxInFlight
        maxRequestSize = settings.producer.maxRequestSize
        retries = settings.producer.retries
        retryBackoff = settings.retryBackoff
        deliveryTimeout = settings.producer.deliveryTimeout
    }
}
