import ConnectModel
import Synchronization

/// Services of a connector or task that remember what was asked of them.
final class TestServices: ConnectorServices, SourceTaskServices, SinkTaskServices {
    struct State {
        var errors: [ConnectError] = []
        var wakes = 0
        var asked: [String] = []
        var badRecords: [Int] = []
    }

    let connectorName = "test"
    let task = TaskID(connector: "test", number: 0)
    private let mutex = Mutex(State())
    private let offsets: [String: String]

    let wantsBadRecords: Bool

    init(offsets: [String: String] = [:], wantsBadRecords: Bool = true) {
        self.offsets = offsets
        self.wantsBadRecords = wantsBadRecords
    }

    var state: State { mutex.withLock { $0 } }
    var assignment: [TopicPartition] { [TopicPartition(topic: "t", partition: 0)] }

    func requestTaskReconfiguration() { mutex.withLock { $0.asked.append("reconfigure") } }
    func raiseError(_ error: ConnectError) { mutex.withLock { $0.errors.append(error) } }
    func wake() { mutex.withLock { $0.wakes += 1 } }
    func pause(_ partitions: [TopicPartition]) { mutex.withLock { $0.asked.append("pause \(partitions)") } }
    func resume(_ partitions: [TopicPartition]) { mutex.withLock { $0.asked.append("resume \(partitions)") } }
    func rewind(_ offsets: [TopicPartitionOffset]) {
        mutex.withLock { $0.asked.append("rewind \(offsets.map(\.offset))") }
    }
    func requestCommit() { mutex.withLock { $0.asked.append("commit") } }
    func setRetryTimeout(_ milliseconds: Int64) { mutex.withLock { $0.asked.append("timeout \(milliseconds)") } }
    func reportBadRecord(index: Int, _ error: ConnectError) throws(ConnectError) {
        mutex.withLock { $0.badRecords.append(index) }
    }

    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?] {
        let texts = partitions.map { String(decoding: $0, as: UTF8.self) }
        mutex.withLock { $0.asked += texts }
        return texts.map { offsets[$0].map { Array($0.utf8) } }
    }
}
