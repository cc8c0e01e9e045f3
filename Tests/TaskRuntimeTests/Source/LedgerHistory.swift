import ConnectModel

@testable import TaskRuntime

/// A random history of a ledger beside a naive model of it: every record with its state in a list per partition.
struct LedgerHistory {
    /// A mistake between caller and ledger, such as a change of the ledger might make.
    enum Bug: CaseIterable, Sendable {
        case lostAcknowledgement
        case doubledAcknowledgement
        case commitTooFar
        case olderWinsOnRestore
        case wrongSegment
        case offsetOfTheFirstRecord
    }

    private struct Record {
        let offset: Int64
        let chunk: Int
        var isDone = false
        var segment: Int32
    }

    private let seed: UInt64
    private let bug: Bug?

    init(seed: UInt64, bug: Bug?) {
        self.seed = seed
        self.bug = bug
    }

    /// The first answer that differs from the model's.
    func violation() -> String? { run().violation }

    /// Of all answers, equal in every process.
    func digest() -> UInt64 { run().digest }

    private func run() -> (violation: String?, digest: UInt64) {
        var random = SplitMix(state: seed)
        let keys = (0..<4).map { SourcePartition(json: Array("{\"p\":\($0)}".utf8), offsetKey: "o") }
        var ledger = OffsetLedger()
        let numbers = keys.map { ledger.pin($0) }
        var model: [[Record]] = Array(repeating: [], count: keys.count)
        var committedUpTo = Array(repeating: 0, count: keys.count)
        var nextOffset: Int64 = 0
        var chunk = 0
        var settles = 0
        var failed: [OffsetLedger.Committable] = []
        var stored: [Int64?] = Array(repeating: nil, count: keys.count)
        var due: [Int64?] = Array(repeating: nil, count: keys.count)
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325

        func mix(_ value: Int64) { digest = (digest ^ UInt64(bitPattern: value)) &* 0x100_0000_01B3 }

        /// Moves the model's committable offsets over closed prefixes of whole segments.
        func advanceModel(_ partition: Int) {
            var index = committedUpTo[partition]
            while index < model[partition].count {
                let segment = model[partition][index].segment
                let chunk = model[partition][index].chunk
                let end =
                    model[partition][index...].firstIndex { $0.segment != segment || $0.chunk != chunk }
                    ?? model[partition].count
                guard model[partition][index..<end].allSatisfy(\.isDone) else { break }
                due[partition] = model[partition][end - 1].offset
                index = end
            }
            committedUpTo[partition] = index
        }

        for step in 0..<120 {
            switch random.next() % 8 {
            case 0, 1:
                ledger.beginChunk()
                chunk += 1
                for partition in keys.indices where random.next() % 2 == 0 {
                    let count = Int32(random.next() % 4)
                    let segment = ledger.open(numbers[partition])
                    let first = nextOffset + 1
                    for _ in 0..<count {
                        nextOffset += 1
                        model[partition].append(Record(offset: nextOffset, chunk: chunk, segment: segment))
                    }
                    let offset = bug == .offsetOfTheFirstRecord ? first : nextOffset
                    ledger.seal(segment, count: count, offset: .number(offset))
                }
                ledger.endChunk()
            case 2, 3, 4, 5:
                let partition = Int(random.next() % UInt64(keys.count))
                let open = model[partition].indices.filter { !model[partition][$0].isDone }
                guard let index = open.randomElement(using: &random) else { continue }
                model[partition][index].isDone = true
                settles += 1
                var segment = model[partition][index].segment
                if bug == .lostAcknowledgement, settles % 7 == 0 { break }
                if bug == .wrongSegment, settles % 7 == 0 {
                    segment = model.joined().last { !$0.isDone }?.segment ?? segment
                }
                ledger.settle(segment, 1)
                if bug == .doubledAcknowledgement, settles % 7 == 0 { ledger.settle(segment, 1) }
                advanceModel(partition)
            case 6:
                var taken = ledger.takeCommittable()
                if bug == .commitTooFar {
                    taken = taken.map { entry in
                        let partition = keys.firstIndex(of: entry.partition) ?? 0
                        return .init(
                            partition: entry.partition, offset: .number(model[partition].last?.offset ?? 0))
                    }
                }
                var seen: [Int: Int64] = [:]
                for entry in taken {
                    guard case .number(let offset) = entry.offset,
                        let partition = keys.firstIndex(of: entry.partition)
                    else { return ("step \(step): a foreign entry", digest) }
                    mix(Int64(partition))
                    mix(offset)
                    seen[partition] = offset
                }
                for partition in keys.indices where seen[partition] != due[partition] {
                    return ("step \(step): partition \(partition) gave \(String(describing: seen[partition]))", digest)
                }
                if random.next() % 3 == 0 {
                    failed = taken
                } else {
                    for (partition, offset) in due.enumerated() where offset != nil { stored[partition] = offset }
                }
                due = Array(repeating: nil, count: keys.count)
                if !failed.isEmpty {
                    // More is acknowledged while the write fails.
                    for partition in keys.indices {
                        for index in model[partition].indices where !model[partition][index].isDone {
                            model[partition][index].isDone = true
                            ledger.settle(model[partition][index].segment, 1)
                            break
                        }
                        advanceModel(partition)
                    }
                    if bug == .olderWinsOnRestore { _ = ledger.takeCommittable() }
                    ledger.restore(failed)
                    for entry in failed {
                        guard case .number(let offset) = entry.offset,
                            let partition = keys.firstIndex(of: entry.partition)
                        else { continue }
                        due[partition] = due[partition] ?? offset
                    }
                    failed = []
                }
            default:
                let acknowledged = ledger.takeAcknowledged()
                mix(Int64(acknowledged.count))
            }
            let open = model.joined().count { !$0.isDone }
            guard ledger.openRecords == open else { return ("step \(step): \(ledger.openRecords) open", digest) }
        }
        return (nil, digest)
    }
}
