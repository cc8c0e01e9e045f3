/// What a ``Broker`` is made with.
package struct BrokerSettings: Sendable, Equatable {
    /// Where clients are told to connect to.
    package var host = "127.0.0.1"
    package var port: UInt16 = 9092
    /// Partitions of a topic that does not ask for a number of its own.
    package var partitions: Int32 = 1
    /// Bytes of record batches that a partition keeps.
    package var retention = 64 << 20
    /// Partitions of all topics together.
    package var maximumPartitions = 1000
    /// Whether topics come into being when a client asks for them.
    package var createsTopics = true
    /// Whether each request is told of.
    package var isVerbose = false
    /// Tells runs apart: the ids of topics and group members are made from it.
    package var incarnation: UInt64 = 1

    package init() {}
}
