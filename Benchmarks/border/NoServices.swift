import ConnectModel

/// Services of tasks that nobody stands behind.
final class NoServices: SourceTaskServices, SinkTaskServices {
    let task = TaskID(connector: "border", number: 0)
    let wantsBadRecords = true
    var assignment: [TopicPartition] { [] }
    func wake() {}
    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?] { partitions.map { _ in nil } }
    func raiseError(_ error: ConnectError) {}
    func pause(_ partitions: [TopicPartition]) {}
    func resume(_ partitions: [TopicPartition]) {}
    func rewind(_ offsets: [TopicPartitionOffset]) {}
    func requestCommit() {}
    func setRetryTimeout(_ milliseconds: Int64) {}
    func reportBadRecord(index: Int, _ error: ConnectError) throws(ConnectError) {}
}
