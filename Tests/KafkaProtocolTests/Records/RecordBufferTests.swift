import Testing

@testable import KafkaProtocol

@Suite struct RecordBufferTests {
    /// More than any address space has.
    private static let absurd = 1 << 56

    @Test func `a buffer that cannot grow says so and keeps what it holds`() throws {
        let pool = RecordBufferPool()
        let buffer = try #require(RecordBuffer(pool: pool, capacity: 16))
        let text: [UInt8] = [1, 2, 3]
        text.withUnsafeBytes { buffer.append($0) }
        #expect(!buffer.reserve(Self.absurd))
        #expect(Array(buffer.bytes) == text && buffer.capacity == 16 && pool.bytesInUse == 16)
        #expect(buffer.reserve(17) && buffer.capacity == 32 && Array(buffer.bytes) == text)
        #expect(RecordBuffer(pool: pool, capacity: Self.absurd) == nil)
        #expect(pool.bytesInUse == 32)
    }
}
