import ConnectModel
import RecordPipeline

/// Spells source offsets as they are stored: compact JSON, as Apache's JsonConverter without schemas does. Confined to
/// the task's lane.
final class OffsetText {
    private var converter: (any ColumnConverter)?
    private let arena = ByteArena()
    private let outgoing: UnsafeMutableBufferPointer<OutgoingRecord>
    private let records: UnsafeMutableBufferPointer<ConnectRecord>

    init() {
        outgoing = .allocate(capacity: 1)
        outgoing.initialize(repeating: OutgoingRecord())
        records = .allocate(capacity: 1)
        records.initialize(repeating: ConnectRecord())
    }

    deinit {
        outgoing.deallocate()
        records.deallocate()
    }

    /// The ledger's form of a record's offset, which does not outlive the record's batch.
    func ledgerOffset(_ value: Value) throws(ConnectError) -> OffsetLedger.Offset {
        switch value.kind {
        case .null: return .none
        case .int64: return .number(value.int64)
        default: return .json(try json(value))
        }
    }

    /// What is stored for a partition; nil for a tombstone.
    func stored(_ entry: OffsetLedger.Committable) throws(ConnectError) -> [UInt8]? {
        switch entry.offset {
        case .none: return nil
        case .json(let json): return json
        case .number(let number):
            guard let key = entry.partition.offsetKey else { return Array(String(number).utf8) }
            var text: [UInt8] = [UInt8(ascii: "{")]
            var name = key
            let quoted = name.withUTF8 { bytes in
                Result { () throws(ConnectError) in
                    try json(.string(bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count)))
                }
            }
            text += try quoted.get()
            text.append(UInt8(ascii: ":"))
            text += String(number).utf8
            text.append(UInt8(ascii: "}"))
            return text
        }
    }

    private func json(_ value: Value) throws(ConnectError) -> [UInt8] {
        let converter = try madeConverter()
        arena.reset()
        records[0].value = value
        records[0].valueSchema = -1
        do throws(ColumnFailure) {
            try converter.encode(
                UnsafeBufferPointer(records), .value, range: 0..<1, schemas: [], into: outgoing, arena: arena)
        } catch {
            throw ConnectError(
                .pluginNonsense, "The plugin gave a source offset that cannot be stored: \(error.error.message)")
        }
        return Array(UnsafeRawBufferPointer(start: outgoing[0].value, count: Int(max(outgoing[0].valueLength, 0))))
    }

    private func madeConverter() throws(ConnectError) -> any ColumnConverter {
        if let converter { return converter }
        let made = try ConverterFactory.makeConverter(
            "org.apache.kafka.connect.json.JsonConverter", options: ConfigMap([("schemas.enable", "false")]))
        converter = made
        return made
    }
}
