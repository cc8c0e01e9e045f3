import ConnectModel
import JSON

/// `org.apache.kafka.connect.storage.StringConverter`: text as its bytes; anything else in Java's spelling of it.
///
/// Strings and nulls stay where they lie. On the way back, text that is not valid in the encoding is repaired as Java does.
final class StringConverter: ColumnConverter {
    private let encoding: TextEncoding
    private var schemaNumber: (generation: UInt64, number: Int32)?

    init(encoding: TextEncoding) {
        self.encoding = encoding
    }

    var isPassThrough: Bool { encoding == .utf8 }

    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure) {
        for index in range {
            let value = records.value(index, column)
            if value.tag == ValueKind.string.rawValue, encoding == .utf8 {
                outgoing.set(index, column, value.pointer, value.length)
            } else if value.isNull {
                outgoing.set(index, column, nil, -1)
            } else {
                let schema = schemas.schema(records.schemaNumber(index, column))
                let text = JavaText.describe(value, schema: schema)
                let (pointer, length) = encoding.encode(text, arena: arena)
                outgoing.set(index, column, pointer, length)
            }
        }
    }

    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure) {
        let number = schemas.number(of: .optionalString)
        for index in range {
            guard let bytes = incoming.bytes(index, column) else {
                records.set(index, column, .null, schema: number)
                continue
            }
            if encoding == .utf8, UTF8Text.isValid(bytes) {
                records.set(
                    index, column, .string(bytes.baseAddress, Int32(truncatingIfNeeded: bytes.count)), schema: number)
            } else {
                let (pointer, length) = TextEncoding.utf8.encode(encoding.decode(bytes), arena: arena)
                records.set(index, column, .string(pointer, length), schema: number)
            }
        }
    }
}

/// The character sets that `converter.encoding` may name.
enum TextEncoding: Sendable {
    case utf8
    case latin1
    case ascii

    /// The encoding of that name in Java's spelling, any case; nil for one that is not known here.
    init?(name: String) {
        switch name.uppercased() {
        case "UTF-8", "UTF8": self = .utf8
        case "ISO-8859-1", "ISO8859_1", "LATIN1": self = .latin1
        case "US-ASCII", "ASCII": self = .ascii
        default: return nil
        }
    }

    func encode(_ text: String, arena: ByteArena) -> (UnsafeRawPointer?, Int32) {
        var text = text
        switch self {
        case .utf8:
            return text.withUTF8 { bytes in
                let copy = arena.allocate(bytes.count)
                if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
                return (UnsafeRawPointer(copy), Int32(truncatingIfNeeded: bytes.count))
            }
        case .latin1, .ascii:
            let last: UInt32 = self == .latin1 ? 0xff : 0x7f
            let copy = arena.allocate(text.unicodeScalars.count)
            var length = 0
            for scalar in text.unicodeScalars {
                let byte = scalar.value <= last ? UInt8(truncatingIfNeeded: scalar.value) : UInt8(ascii: "?")
                copy.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
                length += 1
            }
            return (UnsafeRawPointer(copy), Int32(truncatingIfNeeded: length))
        }
    }

    func decode(_ bytes: UnsafeRawBufferPointer) -> String {
        switch self {
        case .utf8:
            return String(decoding: bytes, as: UTF8.self)
        case .latin1:
            var scalars = String.UnicodeScalarView()
            for byte in bytes { scalars.append(Unicode.Scalar(byte)) }
            return String(scalars)
        case .ascii:
            var scalars = String.UnicodeScalarView()
            for byte in bytes { scalars.append(byte < 0x80 ? Unicode.Scalar(byte) : "\u{FFFD}") }
            return String(scalars)
        }
    }
}
