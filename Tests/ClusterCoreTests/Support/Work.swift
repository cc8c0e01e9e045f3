import ClusterCore
import ConnectModel

/// `A A-0 B-1`: connector A, its task 0, task 1 of B; names contain no dash.
func work(_ text: String) -> WorkSet {
    var work = WorkSet()
    for word in text.split(separator: " ") {
        let parts = word.split(separator: "-")
        if parts.count == 2, let number = Int32(parts[1]) {
            work.insert(TaskID(connector: String(parts[0]), number: number))
        } else {
            work.insert(connector: String(word))
        }
    }
    return work
}

/// The other way: connectors, then tasks, as they come.
func text(_ work: WorkSet) -> String {
    (work.connectorNames + work.tasks.map(\.description)).joined(separator: " ")
}

/// Sorted, for sets whose order says nothing.
func sortedText(_ work: WorkSet) -> String { text(work.sorted()) }

/// `A:3 B:1`: connector A with three tasks, B with one.
func configured(_ text: String, offset: Int64 = 1) -> AssignableWork {
    let connectors = text.split(separator: " ").map { word in
        let parts = word.split(separator: ":")
        return AssignableWork.Connector(name: String(parts[0]), taskCount: Int32(parts[1]) ?? 0)
    }
    return AssignableWork(configOffset: offset, connectors: connectors)
}

/// A member that holds something.
func member(_ id: String, holds held: WorkSet = WorkSet(), offset: Int64 = 1) -> GroupMember {
    let allocation = WorkerAssignment(
        version: 2, leaderID: "l", leaderURL: "http://l:8083/", configOffset: offset, assigned: held)
    return GroupMember(
        id: id,
        metadata: WorkerMetadata(
            version: 2, url: "http://\(id):8083/", configOffset: offset, allocation: held.isEmpty ? nil : allocation))
}

/// Numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The bytes of hexadecimal digits; white space is passed over.
func bytes(hex: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in hex.compactMap(\.hexDigitValue) {
        if let first = high {
            bytes.append(first << 4 | UInt8(digit))
            high = nil
        } else {
            high = UInt8(digit)
        }
    }
    return bytes
}
