/// A header of a record as borrowed bytes: valid as long as the memory that they lie in.
public struct RecordHeader {
    /// The key, UTF-8; never null.
    public var key: UnsafeRawBufferPointer
    /// The value, nil for null.
    public var value: UnsafeRawBufferPointer?

    /// Refers to bytes that stay where they are for as long as the header is used.
    public init(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        self.key = key
        self.value = value
    }

    /// How many bytes it takes in a record at most.
    var sizeBound: Int { 10 + key.count + (value?.count ?? 0) }

    /// How many bytes it takes in a record.
    var size: Int {
        Varint.size(Varint.zigzag(Int64(key.count))) + key.count + Varint.size(Varint.zigzag(Int64(value?.count ?? -1)))
            + (value?.count ?? 0)
    }
}
