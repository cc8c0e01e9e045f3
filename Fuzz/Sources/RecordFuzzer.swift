import KafkaProtocol

/// Reads batches of every format, without checksums so that damage gets past them, and with a small limit for decompression.
func fuzzRecords(_ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    let decompressor = Decompressor(pool: RecordBufferPool(keptBytes: 0), limit: 1 << 20)
    try? walk(UnsafeRawBufferPointer(input), decompressor)
    return 0
}

private func walk(_ bytes: UnsafeRawBufferPointer, _ decompressor: Decompressor) throws(ProtocolError) {
    var reader = RecordBatchReader(bytes, decompressor: decompressor, checksums: false)
    var sum: UInt64 = 0
    while let batch = try reader.nextBatch() {
        require(batch.nextOffset > batch.lastOffset && reader.position <= bytes.count, "beyond the end")
        while let record = try reader.next() {
            require(record.offset >= 0 && record.offset < Int64.max, "an offset without successor")
            sum &+= touch(record.keyBytes) &+ touch(record.valueBytes)
            if batch.isControl { _ = try? ControlMarker(key: record.keyBytes) }
            var headers = record.headers()
            while let header = try? headers.next() { sum &+= touch(header.key) &+ touch(header.value) }
        }
    }
    sink = sum
}

/// Reads every byte, so that the sanitizer sees a view that reaches too far.
private func touch(_ bytes: UnsafeRawBufferPointer?) -> UInt64 { bytes?.reduce(0) { $0 &+ UInt64($1) } ?? 0 }

/// Keeps the compiler from leaving the reads out. libFuzzer runs on one thread.
nonisolated(unsafe) private var sink: UInt64 = 0
