public import ConnectModel

/// Turns one header's value into bytes and back: Connect's `HeaderConverter`. Confined to one task's lane.
///
/// What is not borrowed from the input comes from the arena and lives until it is reset, whatever is converted meanwhile: a
/// record has many headers.
public protocol HeaderConverter: AnyObject {
    /// The bytes of a header's value; a nil pointer with length −1 for null.
    func encode(_ value: Value, schema: Schema?, arena: ByteArena) throws(ConnectError) -> (UnsafeRawPointer?, Int32)
    /// The value of a header's bytes and its schema; `bytes` is nil for null.
    func decode(_ bytes: UnsafeRawBufferPointer?, arena: ByteArena) throws(ConnectError) -> (Value, Schema?)
}

/// Lets a converter of keys and values serve headers, as most of Connect's do.
final class ColumnHeaderConverter: HeaderConverter {
    private let converter: any ColumnConverter
    private let schemas = SchemaTable()
    private let record = UnsafeMutableBufferPointer<ConnectRecord>.allocate(capacity: 1)
    private let outgoing = UnsafeMutableBufferPointer<OutgoingRecord>.allocate(capacity: 1)
    private let incoming = UnsafeMutableBufferPointer<IncomingRecord>.allocate(capacity: 1)
    /// The table of the schema that came last: most headers have one schema, and a table for each would be allocated.
    private var table: [Schema] = []

    init(_ converter: any ColumnConverter) {
        self.converter = converter
        record.initialize(repeating: ConnectRecord())
        outgoing.initialize(repeating: OutgoingRecord())
        incoming.initialize(repeating: IncomingRecord())
    }

    deinit {
        record.deallocate()
        outgoing.deallocate()
        incoming.deallocate()
    }

    func encode(_ value: Value, schema: Schema?, arena: ByteArena) throws(ConnectError) -> (UnsafeRawPointer?, Int32) {
        record[0].value = value
        record[0].valueSchema = schema == nil ? -1 : 0
        if let schema, table.first !== schema { table = [schema] }
        do throws(ColumnFailure) {
            try converter.encode(
                UnsafeBufferPointer(record), .value, range: 0..<1, schemas: table, into: outgoing, arena: arena)
        } catch {
            throw error.error
        }
        return kept(outgoing[0].value, outgoing[0].valueLength, value, arena)
    }

    /// The bytes where the next header's do not overwrite them: a converter may give them in a buffer that serves one call.
    private func kept(
        _ bytes: UnsafeRawPointer?, _ length: Int32, _ value: Value, _ arena: ByteArena
    ) -> (UnsafeRawPointer?, Int32) {
        guard let bytes, length > 0, !(value.isBytesOrString && bytes == value.pointer) else { return (bytes, length) }
        let copy = arena.allocate(Int(length))
        copy.copyMemory(from: bytes, byteCount: Int(length))
        return (UnsafeRawPointer(copy), length)
    }

    func decode(_ bytes: UnsafeRawBufferPointer?, arena: ByteArena) throws(ConnectError) -> (Value, Schema?) {
        _ = schemas.trim()
        incoming[0].value = bytes?.baseAddress
        incoming[0].valueLength = bytes.map { Int32(truncatingIfNeeded: $0.count) } ?? -1
        do throws(ColumnFailure) {
            try converter.decode(
                UnsafeBufferPointer(incoming), .value, range: 0..<1, into: record, schemas: schemas, arena: arena)
        } catch {
            throw error.error
        }
        return (record[0].value, schemas.schemas.schema(record[0].valueSchema))
    }
}
