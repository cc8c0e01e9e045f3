@testable import KafkaProtocol

/// A record with bytes of its own, to compare what was written with what is read.
struct SampleRecord: Equatable {
    var offset: Int64 = 0
    var timestamp: Int64 = 0
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [SampleHeader] = []

    struct SampleHeader: Equatable {
        var key: String
        var value: [UInt8]?
    }

    /// Copies a view.
    init(_ view: RecordView) throws(ProtocolError) {
        offset = view.offset
        timestamp = view.timestamp
        key = view.keyBytes.map { [UInt8]($0) }
        value = view.valueBytes.map { [UInt8]($0) }
        var reader = view.headers()
        while let header = try reader.next() {
            headers.append(
                SampleHeader(key: String(decoding: header.key, as: UTF8.self), value: header.value.map { [UInt8]($0) }))
        }
    }

    init(offset: Int64 = 0, timestamp: Int64 = 0, key: String?, value: String?, headers: [SampleHeader] = []) {
        self.offset = offset
        self.timestamp = timestamp
        self.key = key.map { Array($0.utf8) }
        self.value = value.map { Array($0.utf8) }
        self.headers = headers
    }
}

extension RecordBatchBuilder {
    /// Appends a copy.
    func append(_ record: SampleRecord) -> Bool {
        withBytes(record.key) { key in
            withBytes(record.value) { value in
                guard !record.headers.isEmpty else {
                    return append(
                        key: key?.baseAddress, keyCount: Int32(key?.count ?? -1), value: value?.baseAddress,
                        valueCount: Int32(value?.count ?? -1), timestamp: record.timestamp)
                }
                return withHeaders(record.headers[...], []) { headers in
                    append(
                        key: key?.baseAddress, keyCount: Int32(key?.count ?? -1), value: value?.baseAddress,
                        valueCount: Int32(value?.count ?? -1), timestamp: record.timestamp, headers: headers)
                }
            }
        }
    }

    private func withBytes(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Bool) -> Bool {
        guard let bytes else { return body(nil) }
        return bytes.withUnsafeBytes { body($0) }
    }

    private func withHeaders(
        _ left: ArraySlice<SampleRecord.SampleHeader>, _ made: [RecordHeader],
        _ body: (UnsafeBufferPointer<RecordHeader>) -> Bool
    ) -> Bool {
        guard let header = left.first else { return made.withUnsafeBufferPointer(body) }
        return Array(header.key.utf8).withUnsafeBytes { key in
            withBytes(header.value) { value in
                withHeaders(left.dropFirst(), made + [RecordHeader(key: key, value: value)], body)
            }
        }
    }
}

/// A batch of these records.
func makeBatch(_ records: [SampleRecord], _ compressor: Compressor? = nil) throws(ProtocolError) -> RecordBatch? {
    let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1 << 20)
    for record in records {
        guard builder.append(record) else { return nil }
    }
    return try builder.seal(compressor)
}

extension RecordBatch {
    /// The bytes as sent.
    var copiedBytes: [UInt8] { withExtendedLifetime(self) { [UInt8](bytes) } }
}

/// What a reader makes of bytes.
struct ReadResult: Equatable {
    var batches: [RecordBatchInfo] = []
    var records: [SampleRecord] = []
    var position = 0
}

/// Reads every batch and record.
func readAll(
    _ bytes: [UInt8], from offset: Int64 = 0, checksums: Bool = true, limit: Int = Decompressor.defaultLimit
) throws(ProtocolError) -> ReadResult {
    var result = ReadResult()
    let decompressor = Decompressor(pool: RecordBufferPool(), limit: limit)
    try lend(bytes) { bytes throws(ProtocolError) in
        var reader = RecordBatchReader(bytes, from: offset, decompressor: decompressor, checksums: checksums)
        while let batch = try reader.nextBatch() {
            result.batches.append(batch)
            while let record = try reader.next() { result.records.append(try SampleRecord(record)) }
        }
        result.position = reader.position
    }
    return result
}
