public import ConnectABI

/// The records of one `put`, valid during the call only.
public struct SinkRecords {
    let batch: UnsafePointer<kc_batch>
    private let start: UnsafeRawPointer?
    private let stride: Int
    /// How many records there are.
    public let count: Int

    init(_ batch: UnsafePointer<kc_batch>) {
        self.batch = batch
        let table = batch.pointee.records
        let isReadable = table.items != nil && Int(table.stride) >= MemoryLayout<kc_record>.size
        start = table.items
        stride = Int(table.stride)
        count = isReadable ? Int(max(table.count, 0)) : 0
    }

    /// Calls the body with each record, in order.
    public func forEachRecord<Failure: Error>(_ body: (UnsafePointer<kc_record>) throws(Failure) -> Void)
        throws(Failure)
    {
        guard var place = start else { return }
        for _ in 0..<count {
            try body(place.assumingMemoryBound(to: kc_record.self))
            place += stride
        }
    }

    /// The topic of a number that a record carries; nil for a number that is none.
    public func topic(_ number: Int32) -> String? {
        element(of: kc_topic.self, batch.pointee.topics, number).flatMap { Borrowed.text($0.pointee.name) }
    }

    /// The schema of a number that a record, a field or another schema carries; nil for none.
    public func schema(_ number: Int32) -> SinkSchema? {
        element(of: kc_schema.self, batch.pointee.schemas, number).map { SinkSchema(raw: $0, batch: self) }
    }

    private func element<Element>(of type: Element.Type, _ table: kc_table, _ number: Int32) -> UnsafePointer<Element>?
    {
        guard number >= 0, number < table.count, let items = table.items,
            Int(table.stride) >= MemoryLayout<Element>.size
        else { return nil }
        return (items + Int(number) * Int(table.stride)).assumingMemoryBound(to: type)
    }
}

/// A schema of a ``SinkRecords``, valid as long as that.
public struct SinkSchema {
    let raw: UnsafePointer<kc_schema>
    let batch: SinkRecords

    /// What values it describes.
    public var kind: ValueKind? { ValueKind(rawValue: raw.pointee.kind) }
    /// Name of the structure or logical type.
    public var name: String? { Borrowed.text(raw.pointee.name) }
    /// Schema of a map's keys.
    public var keySchema: SinkSchema? { batch.schema(raw.pointee.key_schema) }
    /// Schema of a map's values or an array's elements.
    public var valueSchema: SinkSchema? { batch.schema(raw.pointee.value_schema) }
    /// Fields of a structure, in the order of its values.
    public var fields: [(name: String, schema: SinkSchema?)] {
        Borrowed.elements(of: kc_field.self, raw.pointee.fields).map {
            (Borrowed.text($0.name) ?? "", batch.schema($0.schema))
        }
    }

    /// The text of a parameter such as a Decimal's `scale`.
    public func parameter(_ key: String) -> String? {
        Borrowed.elements(of: kc_parameter.self, raw.pointee.parameters)
            .first { Borrowed.text($0.key) == key }
            .flatMap { Borrowed.text($0.value) }
    }
}
