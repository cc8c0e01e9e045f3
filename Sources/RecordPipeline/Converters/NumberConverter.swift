import ConnectModel

/// `org.apache.kafka.connect.converters.{Short,Integer,Long,Float,Double}Converter`: one number, big-endian.
///
/// The schema is ignored; the value must be of exactly this kind, as Java's serialisers demand.
final class NumberConverter: ColumnConverter {
    private let kind: ValueKind
    private let schema: Schema

    /// - Parameter kind: int16, int32, int64, float32 or float64.
    init(_ kind: ValueKind) {
        self.kind = kind
        self.schema = Schema(kind, isOptional: true)
    }

    var isPassThrough: Bool { false }

    private var size: Int {
        switch kind {
        case .int16: return 2
        case .int32, .float32: return 4
        default: return 8
        }
    }

    private var name: String {
        switch kind {
        case .int16: return "short"
        case .int32: return "integer"
        case .float32: return "float"
        case .float64: return "double"
        default: return "long"
        }
    }

    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure) {
        let size = size
        let room = arena.allocate(range.count * size)
        for index in range {
            let value = records.value(index, column)
            if value.isNull {
                outgoing.set(index, column, nil, -1)
                continue
            }
            guard value.kind == kind else {
                throw conversionFailure(index, "Failed to serialize to \(name) (was \(value.javaClass)): ")
            }
            let slot = room + (index - range.lowerBound) * size
            // The number stands in the low bits whatever its kind.
            switch size {
            case 2: slot.storeBytes(of: UInt16(truncatingIfNeeded: value.bits).bigEndian, as: UInt16.self)
            case 4: slot.storeBytes(of: UInt32(truncatingIfNeeded: value.bits).bigEndian, as: UInt32.self)
            default: slot.storeBytes(of: value.bits.bigEndian, as: UInt64.self)
            }
            outgoing.set(index, column, slot, Int32(truncatingIfNeeded: size))
        }
    }

    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure) {
        let number = schemas.number(of: schema)
        for index in range {
            guard let bytes = incoming.bytes(index, column) else {
                records.set(index, column, .null, schema: number)
                continue
            }
            guard bytes.count == size else {
                throw conversionFailure(
                    index, "Failed to deserialize \(name): size of data received is \(bytes.count), not \(size)")
            }
            records.set(index, column, decodeNumber(bytes), schema: number)
        }
    }

    private func decodeNumber(_ bytes: UnsafeRawBufferPointer) -> Value {
        switch kind {
        case .int16:
            return .integer(kind, Int64(Int16(bigEndian: bytes.loadUnaligned(as: Int16.self))))
        case .int32:
            return .integer(kind, Int64(Int32(bigEndian: bytes.loadUnaligned(as: Int32.self))))
        case .float32:
            return .float32(Float(bitPattern: UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self))))
        case .float64:
            return .float64(Double(bitPattern: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self))))
        default:
            return .int64(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
        }
    }
}

/// `org.apache.kafka.connect.converters.BooleanConverter`: one byte, 1 or 0.
final class BooleanConverter: ColumnConverter {
    private let schema = Schema(.boolean, isOptional: true)

    var isPassThrough: Bool { false }

    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure) {
        let room = arena.allocate(range.count)
        for index in range {
            let value = records.value(index, column)
            if let schema = schemas.schema(records.schemaNumber(index, column)), schema.kind != .boolean {
                throw conversionFailure(index, "Invalid schema type for BooleanConverter: \(schema.kind.javaName)")
            }
            if value.isNull {
                outgoing.set(index, column, nil, -1)
                continue
            }
            guard value.kind == .boolean else {
                throw conversionFailure(
                    index, "BooleanConverter is not compatible with objects of type \(value.javaClass)")
            }
            let slot = room + (index - range.lowerBound)
            slot.storeBytes(of: value.boolean ? 1 : 0, as: UInt8.self)
            outgoing.set(index, column, slot, 1)
        }
    }

    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure) {
        let number = schemas.number(of: schema)
        for index in range {
            guard let bytes = incoming.bytes(index, column) else {
                records.set(index, column, .null, schema: number)
                continue
            }
            guard bytes.count == 1, bytes[0] <= 1 else {
                throw conversionFailure(index, "Failed to deserialize boolean: ")
            }
            records.set(index, column, .boolean(bytes[0] == 1), schema: number)
        }
    }
}
