public import ConnectABI

/// The records of one poll. Made once and used again after the worker released them, so a steady flow allocates nothing.
///
/// Confined to the task. Records point to memory of the task's, which must not change until the release.
public final class SourceRecords {
    /// Kept alive until the worker releases these records: what owns the bytes.
    public var owner: AnyObject?

    let header: UnsafeMutablePointer<kc_batch>
    private let tables: SourceTables
    /// Of what these records alone point to.
    let memory = CMemory()
    private var items: UnsafeMutablePointer<kc_record>
    private var capacity: Int
    /// How many records there are.
    public private(set) var count = 0

    init(tables: SourceTables) {
        self.tables = tables
        capacity = 64
        items = .allocate(capacity: capacity)
        header = .allocate(capacity: 1)
        header.initialize(to: kc_batch())
    }

    deinit {
        items.deallocate()
        header.deallocate()
    }

    /// The number of a topic, for records; the same number for the same name during the life of the task.
    public func topic(_ name: String) -> Int32 { tables.topic(name) }

    /// The number of a source partition, for records; the same number for the same one during the life of the task, which can have
    /// 65536 of them.
    ///
    /// - Parameters:
    ///   - partition: a map with text keys, or `.null`.
    ///   - offsetKey: where an offset that is one number is stored; nil when records carry maps.
    public func partition(_ partition: Datum, offsetKey: String?) -> Int32 {
        tables.partition(partition, offsetKey: offsetKey)
    }

    /// Declares a schema and answers with its number. Declare each once.
    public func schema(_ schema: RecordSchema) -> Int32 { tables.schema(schema) }

    /// A value for the records of this poll, such as an offset that is a map and another one in each record. Its memory is freed
    /// when they are released.
    public func passingValue(_ datum: Datum) -> kc_value { memory.value(datum) }

    /// A value that records of many polls share. Its memory is kept until the task ends, so make each once; see
    /// ``passingValue(_:)``.
    public func value(_ datum: Datum) -> kc_value { tables.value(datum) }

    /// Appends one record.
    public func append(_ record: kc_record) {
        reserve(1)
        (items + count).initialize(to: record)
        count += 1
    }

    /// Room for many records, to be filled by a loop; ``finish(_:)`` takes them over.
    ///
    /// - Parameter additional: how many at most.
    public func cursor(additional: Int) -> Cursor {
        reserve(additional)
        return Cursor(start: items + count, capacity: additional)
    }

    /// Takes over the records that were written with a cursor, the last that ``cursor(additional:)`` gave.
    public func finish(_ cursor: Cursor) {
        count += min(cursor.count, capacity - count)
    }

    /// Writes records that differ in few things, without looking at anything else.
    public struct Cursor {
        @usableFromInline let start: UnsafeMutablePointer<kc_record>
        @usableFromInline let capacity: Int
        /// How many were written.
        public private(set) var count = 0

        @usableFromInline init(start: UnsafeMutablePointer<kc_record>, capacity: Int) {
            self.start = start
            self.capacity = capacity
        }

        /// Whether there is no more room.
        public var isFull: Bool { count >= capacity }

        /// Writes one record like the model, with these bytes as its value and this number as its offset. Without room,
        /// nothing happens.
        ///
        /// - Parameter model: its value's kind says what the bytes are, text or bytes.
        public mutating func append(_ model: kc_record, value: UnsafePointer<UInt8>, count length: Int32, offset: Int64)
        {
            guard count < capacity else { return }
            (start + count).pointee = model
            (start + count).pointee.offset.u.i = offset
            finish(value, length)
        }

        /// Writes one record like the model, its offset too, with these bytes as its value. Without room, nothing happens.
        public mutating func append(_ model: kc_record, value: UnsafePointer<UInt8>, count length: Int32) {
            guard count < capacity else { return }
            (start + count).pointee = model
            finish(value, length)
        }

        private mutating func finish(_ value: UnsafePointer<UInt8>, _ length: Int32) {
            (start + count).pointee.value.length = length
            (start + count).pointee.value.u.bytes = value
            count += 1
        }
    }

    /// Empties it for the next poll.
    func reset() {
        count = 0
        owner = nil
        memory.reset()
    }

    /// Completes what the worker gets to see.
    func seal() -> UnsafePointer<kc_batch> {
        header.pointee.struct_size = UInt32(MemoryLayout<kc_batch>.size)
        header.pointee.kind = UInt32(KC_BATCH_RECORDS)
        header.pointee.records = kc_table(
            items: UnsafeRawPointer(items), count: Int32(clamping: count),
            stride: UInt32(MemoryLayout<kc_record>.stride))
        header.pointee.topics = tables.topics
        header.pointee.source_partitions = tables.partitions
        header.pointee.schemas = tables.schemas
        header.pointee.tables_version = tables.version
        header.pointee.owner = Unmanaged.passUnretained(self).toOpaque()
        return UnsafePointer(header)
    }

    private func reserve(_ additional: Int) {
        let wanted = count + max(additional, 0)
        guard wanted > capacity else { return }
        let larger = max(wanted, 2 * capacity)
        let moved = UnsafeMutablePointer<kc_record>.allocate(capacity: larger)
        moved.moveInitialize(from: items, count: count)
        items.deallocate()
        items = moved
        capacity = larger
    }
}
