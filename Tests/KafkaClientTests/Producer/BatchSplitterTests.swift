import KafkaProtocol
import Testing

@testable import KafkaClient

@Suite struct BatchSplitterTests {
    private func values(_ batch: RecordBatch, _ pool: RecordBufferPool) throws -> [[UInt8]] {
        var reader = RecordBatchReader(batch.bytes, decompressor: Decompressor(pool: pool))
        _ = try reader.nextBatch()
        var values: [[UInt8]] = []
        while let record = try reader.next() {
            values.append([UInt8](record.valueBytes ?? .init(start: nil, count: 0)))
        }
        return values
    }

    @Test(arguments: [CompressionCodec.none, .zstd])
    func `parts hold the same records in the same order, with their segments`(codec: CompressionCodec) throws {
        let pool = RecordBufferPool()
        let builder = RecordBatchBuilder(pool: pool, limit: 1 << 20)
        for number in UInt8(0)..<11 {
            withUnsafeBytes(of: number) { bytes in
                let isTaken = builder.append(
                    key: nil, keyCount: -1, value: bytes.baseAddress, valueCount: 1, timestamp: 100 + Int64(number))
                #expect(isTaken)
            }
        }
        let compressor = Compressor(codec)
        let batch = try #require(try builder.seal(compressor))
        let parcel = ProducerParcel(
            topic: 1, partition: 2, createdAt: 3,
            runs: [SegmentRun(segment: 1, count: 4), SegmentRun(segment: 2, count: 7)], batch: batch, isFromLane: true)
        let parts = try BatchSplitter(pool: pool, compressor: compressor).split(parcel, batch)
        #expect(parts.map(\.recordCount) == [5, 5, 1])
        #expect(parts.map { $0.runs.map { [$0.segment, $0.count] } } == [[[1, 4], [2, 1]], [[2, 5]], [[2, 1]]])
        #expect(parts.map(\.isFromLane) == [true, false, false])
        #expect(parts.map(\.isWhole) == [true, false, false])
        let again = try BatchSplitter(pool: pool, compressor: compressor).split(parts[1], try #require(parts[1].batch))
        #expect(again.map(\.isWhole) == [false, false, false], "it stood for none before")
        let all = try parts.flatMap { try values(try #require($0.batch), pool) }
        #expect(all == (UInt8(0)..<11).map { [$0] })
    }

    @Test func `a record that a part has no room for is not left out`() throws {
        let pool = RecordBufferPool()
        let builder = RecordBatchBuilder(pool: pool, limit: 1 << 20)
        for _ in 0..<4 {
            let value = [UInt8](repeating: 1, count: 5_000)
            let isTaken = value.withUnsafeBytes {
                builder.append(key: nil, keyCount: -1, value: $0.baseAddress, valueCount: 5_000, timestamp: 1)
            }
            #expect(isTaken)
        }
        let batch = try #require(try builder.seal())
        let parcel = ProducerParcel(
            topic: 0, partition: 0, createdAt: 0, runs: [SegmentRun(segment: 1, count: 4)], batch: batch,
            isFromLane: true)
        #expect(throws: ProtocolError.self) {
            try BatchSplitter(pool: pool, compressor: nil, limit: 6_000).split(parcel, batch)
        }
        let parts = try BatchSplitter(pool: pool, compressor: nil, limit: 12_000).split(parcel, batch)
        #expect(parts.map(\.recordCount) == [2, 2])

        // The batch is too large, but that is not why it fails.
        let cut = BatchSplitter(pool: pool, compressor: nil, limit: 6_000).cut(parcel, batch)
        guard case .failure(let failure) = cut else {
            Issue.record("it was cut")
            return
        }
        #expect(failure.reason == .noMemory)
        let error = ProducerErrors.explain(failure, topic: "t", partition: 3, settings: ProducerSettings())
        #expect(error.code == .noMemory && error.isRetriable && error.brokerCode == 0)
        #expect(error.message.contains("t-3"))
        #expect(error.message.contains("could not be cut into smaller ones: there is no memory for a buffer of "))
    }

    @Test func `one record cannot be cut`() throws {
        let pool = RecordBufferPool()
        let builder = RecordBatchBuilder(pool: pool, limit: 1 << 20)
        _ = builder.append(key: nil, keyCount: -1, value: nil, valueCount: -1, timestamp: 1)
        let batch = try #require(try builder.seal())
        let parcel = ProducerParcel(
            topic: 0, partition: 0, createdAt: 0, runs: [SegmentRun(segment: 1, count: 1)], batch: batch,
            isFromLane: true)
        #expect(try BatchSplitter(pool: pool, compressor: nil).split(parcel, batch).count == 1)
        let cut = BatchSplitter(pool: pool, compressor: nil).cut(parcel, batch)
        guard case .failure(let failure) = cut else {
            Issue.record("it was cut")
            return
        }
        #expect(failure == ProducerFailure(.tooLarge, errorCode: 10))
    }
}
