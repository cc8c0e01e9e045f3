public import ConnectModel

/// Which part of a record a converter works on.
public enum Column: Sendable {
    case key
    case value
}

/// The record that could not be converted, by its position among those that were given, and why.
public struct ColumnFailure: Error, Sendable {
    public let index: Int
    public let error: ConnectError

    /// A failure.
    public init(index: Int, error: ConnectError) {
        self.index = index
        self.error = error
    }
}

/// Turns the keys or the values of many records into bytes and back: Connect's `Converter`, a column at a time.
///
/// One call serves a whole batch, so that choosing the converter costs nothing per record. An instance serves one column of
/// one task and is confined to that task's lane; it may keep caches. Bytes and values that are not borrowed from the input
/// come from the arena and live until it is reset; encoded bytes may lie in the converter's own buffer instead, which the next
/// `encode` of a range that begins at 0 overwrites.
public protocol ColumnConverter: AnyObject {
    /// Fills key or value of `outgoing[i]` from `records[i]`, for `i` in `range`.
    ///
    /// - Parameter schemas: the batch's table that the records' schema indices point into.
    /// - Throws: the first record that fails; those before it are done.
    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure)

    /// Fills key or value and its schema of `records[i]` from `incoming[i]`, for `i` in `range`.
    ///
    /// - Parameter schemas: where the schemas that records refer to are numbered.
    /// - Throws: the first record that fails; those before it are done.
    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure)

    /// Whether every string and byte value becomes itself, so that a record may stay where it lies.
    var isPassThrough: Bool { get }
}

/// Numbers the schemas of a task's records. Confined to the task's lane.
public final class SchemaTable {
    public private(set) var schemas: [Schema] = []
    private var numbers: [Schema: Int32] = [:]
    /// Grows with each schema that is added.
    public private(set) var generation: UInt64 = 0
    private var weight = 0
    /// Most records have the schema of the record before.
    private var last: (schema: Schema, number: Int32)?
    /// More schemas than any topic of one task has; beyond it, or beyond so many bytes, the table starts over between batches.
    private static let mostSchemas = 10_000
    /// Less than converters keep: whoever is lent the table makes a table of his own of it whenever a schema comes to it.
    private static let mostBytes = 4 << 20

    /// An empty table.
    public init() {}

    /// The schema's number in this table.
    public func number(of schema: Schema) -> Int32 {
        if let last, last.schema === schema { return last.number }
        let number = numbers[schema] ?? add(schema)
        last = (schema, number)
        return number
    }

    private func add(_ schema: Schema) -> Int32 {
        let number = Int32(truncatingIfNeeded: schemas.count)
        schemas.append(schema)
        numbers[schema] = number
        weight += schema.weight
        generation += 1
        return number
    }

    /// Forgets everything when too much was collected. Between batches only.
    ///
    /// - Returns: whether numbers that were given out are void.
    public func trim() -> Bool {
        guard schemas.count > Self.mostSchemas || weight > Self.mostBytes else { return false }
        schemas.removeAll()
        numbers.removeAll()
        weight = 0
        last = nil
        generation += 1
        return true
    }
}

extension UnsafeMutableBufferPointer<OutgoingRecord> {
    /// Sets the bytes of one record's column.
    @inline(__always)
    func set(_ index: Int, _ column: Column, _ pointer: UnsafeRawPointer?, _ length: Int32) {
        switch column {
        case .key:
            self[index].key = pointer
            self[index].keyLength = length
        case .value:
            self[index].value = pointer
            self[index].valueLength = length
        }
    }
}

extension UnsafeBufferPointer<ConnectRecord> {
    @inline(__always)
    func value(_ index: Int, _ column: Column) -> Value {
        switch column {
        case .key: return self[index].key
        case .value: return self[index].value
        }
    }

    @inline(__always)
    func schemaNumber(_ index: Int, _ column: Column) -> Int32 {
        switch column {
        case .key: return self[index].keySchema
        case .value: return self[index].valueSchema
        }
    }
}

extension UnsafeMutableBufferPointer<ConnectRecord> {
    @inline(__always)
    func set(_ index: Int, _ column: Column, _ value: Value, schema: Int32) {
        switch column {
        case .key:
            self[index].key = value
            self[index].keySchema = schema
        case .value:
            self[index].value = value
            self[index].valueSchema = schema
        }
    }
}

extension UnsafeBufferPointer<IncomingRecord> {
    /// The bytes of one record's column; nil for null.
    @inline(__always)
    func bytes(_ index: Int, _ column: Column) -> UnsafeRawBufferPointer? {
        let (pointer, length) =
            switch column {
            case .key: (self[index].key, self[index].keyLength)
            case .value: (self[index].value, self[index].valueLength)
            }
        return length < 0 ? nil : UnsafeRawBufferPointer(start: pointer, count: Int(length))
    }
}

extension [Schema] {
    /// The schema of that number; nil for −1 and for a number outside the table.
    func schema(_ number: Int32) -> Schema? {
        number >= 0 && Int(number) < count ? self[Int(number)] : nil
    }
}
