import ConnectModel

/// `org.apache.kafka.connect.converters.ByteArrayConverter`: bytes as they are.
final class ByteArrayConverter: ColumnConverter {
    var isPassThrough: Bool { true }

    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure) {
        for index in range {
            let value = records.value(index, column)
            let number = records.schemaNumber(index, column)
            if number >= 0, let schema = schemas.schema(number), schema.kind != .bytes {
                throw conversionFailure(index, "Invalid schema type for ByteArrayConverter: \(schema.kind.javaName)")
            }
            if value.isNull {
                outgoing.set(index, column, nil, -1)
            } else if value.tag == ValueKind.bytes.rawValue {
                outgoing.set(index, column, value.pointer, value.length)
            } else {
                throw conversionFailure(
                    index, "ByteArrayConverter is not compatible with objects of type \(value.javaClass)")
            }
        }
    }

    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure) {
        let number = schemas.number(of: .optionalBytes)
        for index in range {
            guard let bytes = incoming.bytes(index, column) else {
                records.set(index, column, .null, schema: number)
                continue
            }
            records.set(
                index, column, .bytes(bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count)), schema: number)
        }
    }
}

/// A conversion error of one record.
func conversionFailure(_ index: Int, _ message: String) -> ColumnFailure {
    ColumnFailure(index: index, error: ConnectError(.recordConversion, message))
}

extension ValueKind {
    /// Connect's name of the schema type.
    var javaName: String {
        switch self {
        case .null: return "NULL"
        case .boolean: return "BOOLEAN"
        case .int8: return "INT8"
        case .int16: return "INT16"
        case .int32: return "INT32"
        case .int64: return "INT64"
        case .float32: return "FLOAT32"
        case .float64: return "FLOAT64"
        case .string: return "STRING"
        case .bytes: return "BYTES"
        case .array: return "ARRAY"
        case .map: return "MAP"
        case .structure: return "STRUCT"
        }
    }
}

extension Value {
    /// The Java class that carries such a value in Apache's worker, as its messages print it.
    var javaClass: String {
        switch kind {
        case nil, .null: return "null"
        case .boolean: return "class java.lang.Boolean"
        case .int8: return "class java.lang.Byte"
        case .int16: return "class java.lang.Short"
        case .int32: return "class java.lang.Integer"
        case .int64: return "class java.lang.Long"
        case .float32: return "class java.lang.Float"
        case .float64: return "class java.lang.Double"
        case .string: return "class java.lang.String"
        case .bytes: return "class [B"
        case .array: return "class java.util.ArrayList"
        case .map: return "class java.util.HashMap"
        case .structure: return "class org.apache.kafka.connect.data.Struct"
        }
    }
}
