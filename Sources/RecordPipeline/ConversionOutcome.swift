public import ConnectModel

/// Where in the pipeline a record failed, by Connect's names (`org.apache.kafka.connect.runtime.errors.Stage`).
public enum PipelineStage: String, Sendable {
    case transformation = "TRANSFORMATION"
    case keyConverter = "KEY_CONVERTER"
    case valueConverter = "VALUE_CONVERTER"
    case headerConverter = "HEADER_CONVERTER"
}

/// A record that failed in the pipeline.
public struct RecordFailure: Sendable {
    /// Position in what was given to the pipeline.
    public let index: Int
    public let stage: PipelineStage
    public let error: ConnectError
}

/// What came of converting a run of records.
public struct ConversionOutcome: Sendable {
    /// Records of the run that were dealt with, kept or dropped; fewer than given only with ``fatal``.
    public var consumed = 0
    /// Records that came out.
    public var kept = 0
    /// Records that a tolerated failure dropped, by position.
    public var dropped: [RecordFailure] = []
    /// The failure that ends the task; the record at its index is not consumed.
    public var fatal: RecordFailure?
}

/// What happens to a record that fails: `errors.tolerance`.
public enum ErrorTolerance: Sendable {
    case none
    case all
}

/// Runs one column's conversion over a range, going on behind each tolerated failure.
///
/// - Returns: the failure that is not tolerated, if any.
func convertTolerantly(
    _ range: Range<Int>, stage: PipelineStage, tolerance: ErrorTolerance, failures: inout [RecordFailure],
    _ convert: (Range<Int>) throws(ColumnFailure) -> Void
) -> RecordFailure? {
    var start = range.lowerBound
    while start < range.upperBound {
        do throws(ColumnFailure) {
            try convert(start..<range.upperBound)
            return nil
        } catch {
            let failure = RecordFailure(index: error.index, stage: stage, error: error.error)
            guard tolerance == .all else { return failure }
            failures.append(failure)
            start = error.index + 1
        }
    }
    return nil
}

extension ConversionOutcome {
    /// Closes the gaps that dropped records left among the first ``consumed`` of the table, and counts each record once.
    mutating func compact<Entry>(_ table: UnsafeMutableBufferPointer<Entry>) {
        kept = consumed
        guard !dropped.isEmpty else { return }
        let end = consumed
        dropped.removeAll { $0.index >= end }
        dropped.sort { $0.index < $1.index }
        var distinct: [RecordFailure] = []
        for failure in dropped where failure.index != distinct.last?.index { distinct.append(failure) }
        dropped = distinct
        var next = 0
        var failures = dropped[...]
        for index in 0..<end {
            if failures.first?.index == index {
                failures.removeFirst()
                continue
            }
            if next != index { table[next] = table[index] }
            next += 1
        }
        kept = next
    }
}
