import Testing

@testable import KafkaProtocol

@Suite struct RecordBatchTests {
    static let time: Int64 = 0x1a2_0c65_e70b

    /// Two records as Java's producer lays them out, from a recording of its traffic.
    static let recorded = bytes(
        hex: """
            0000000000000000 00000048 ffffffff 02 7d663402 0000 00000001 000001a20c65e70b 000001a20c65e710
            ffffffffffffffff ffff ffffffff 00000002
            1e 00 00 00 02 6b 02 76 04 02 68 02 78 02 6e 01      0c 00 0a 02 01 01 00
            """)
    static let records = [
        SampleRecord(
            timestamp: time, key: "k", value: "v",
            headers: [.init(key: "h", value: Array("x".utf8)), .init(key: "n", value: nil)]),
        SampleRecord(offset: 1, timestamp: time + 5, key: nil, value: nil),
    ]

    @Test func batchIsByteForByteJavas() throws {
        let batch = try #require(try makeBatch(Self.records))
        #expect(batch.copiedBytes == Self.recorded)
    }

    @Test func recordedBatchIsReadBack() throws {
        let result = try readAll(Self.recorded)
        #expect(result.records == Self.records)
        #expect(result.position == Self.recorded.count)
        let batch = try #require(result.batches.first)
        #expect(batch.recordCount == 2 && batch.nextOffset == 2 && batch.maxTimestamp == Self.time + 5)
        #expect(!batch.isControl && !batch.isTransactional && batch.producerID == -1)
    }

    @Test(arguments: CompressionCodec.allCases)
    func everyCodecGivesBackWhatWasAppended(codec: CompressionCodec) throws {
        var generator = SeededGenerator(seed: 5)
        var records: [SampleRecord] = []
        for index in 0..<2000 {
            let delta = Int64.random(in: -1_000_000...5_000_000_000, using: &generator)
            let value = String(repeating: "v", count: Int.random(in: 0...300, using: &generator))
            var record = SampleRecord(
                offset: Int64(index), timestamp: Self.time + delta, key: index % 3 == 0 ? nil : "key-\(index)",
                value: index % 7 == 0 ? nil : value)
            if index % 5 == 0 { record.headers = [.init(key: "", value: []), .init(key: "t", value: nil)] }
            records.append(record)
        }
        let batch = try #require(try makeBatch(records, Compressor(codec)))
        let result = try readAll(batch.copiedBytes)
        #expect(result.records == records)
        #expect(result.batches.map(\.codec) == [codec])
        #expect(batch.maxTimestamp == records.map(\.timestamp).max())
    }

    @Test func stampChangesTheHeaderAndKeepsTheChecksumRight() throws {
        let batch = try #require(try makeBatch(Self.records, Compressor(.lz4)))
        batch.stamp(producerID: 4711, epoch: 3, baseSequence: 99, transactional: true)
        let info = try #require(try readAll(batch.copiedBytes).batches.first)
        #expect(info.producerID == 4711 && info.producerEpoch == 3 && info.baseSequence == 99)
        #expect(info.isTransactional && info.codec == .lz4)
    }

    @Test func `a full batch refuses and starts again after sealing`() throws {
        let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1000)
        let record = SampleRecord(key: nil, value: String(repeating: "x", count: 100))
        var count = 0
        while builder.append(record) { count += 1 }
        #expect(count == builder.recordCount && (5...8).contains(count))
        #expect(builder.estimatedSize <= 1000)
        let batch = try #require(try builder.seal())
        #expect(batch.count <= 1000 && batch.recordCount == Int32(count))
        #expect(builder.isEmpty && builder.estimatedSize == 0 && builder.capacity == 0)
        #expect(builder.append(record))
        #expect(try builder.seal()?.recordCount == 1)
        #expect(try builder.seal() == nil)
    }

    @Test func recordAboveTheLimitGetsItsOwnBatch() throws {
        let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 500)
        #expect(builder.append(SampleRecord(key: nil, value: String(repeating: "x", count: 5000))))
        #expect(!builder.append(SampleRecord(key: nil, value: nil)))
        #expect(try builder.seal()?.recordCount == 1)
    }

    @Test func sizeBoundHoldsForEveryRecord() throws {
        for count in [0, 1, 63, 64, 8191, 8192, 1 << 20] {
            let record = SampleRecord(timestamp: .max, key: String(repeating: "k", count: count), value: "")
            let batch = try #require(try makeBatch([record]))
            #expect(batch.count <= RecordBatchBuilder.sizeBound(keyCount: count, valueCount: 0))
        }
    }

    @Test func memoryIsCountedAndRecycled() throws {
        let pool = RecordBufferPool()
        let builder = RecordBatchBuilder(pool: pool, limit: 1 << 20)
        #expect(pool.bytesInUse == 0)
        for _ in 0..<100 { #expect(builder.append(SampleRecord(key: nil, value: String(repeating: "x", count: 1000)))) }
        #expect(pool.bytesInUse == builder.capacity && builder.capacity >= 100_000)
        do {
            let batch = try #require(try builder.seal())
            #expect(pool.bytesInUse == batch.capacity)
        }
        #expect(pool.bytesInUse == 0)
        #expect(builder.append(SampleRecord(key: nil, value: "again")))
        #expect(pool.bytesInUse == builder.capacity)
    }

    @Test func encodedHeadersPassThroughUnchanged() throws {
        let source = Self.recorded
        let builder = RecordBatchBuilder(pool: RecordBufferPool(), limit: 1 << 20)
        try lend(source) { source throws(ProtocolError) in
            var reader = RecordBatchReader(source, decompressor: Decompressor(pool: RecordBufferPool()))
            while try reader.nextBatch() != nil {
                while let record = try reader.next() {
                    let appended = builder.append(
                        key: record.key, keyCount: record.keyCount, value: record.value,
                        valueCount: record.valueCount, timestamp: record.timestamp,
                        headerCount: Int(record.headerCount), headerBytes: record.headerBytes)
                    #expect(appended)
                }
            }
        }
        #expect(try builder.seal()?.copiedBytes == source)
    }
}
