import Testing

@testable import KafkaClient

@Suite struct FrameReaderTests {
    private func frame(_ size: Int) -> [UInt8] {
        withUnsafeBytes(of: Int32(size).bigEndian) { [UInt8]($0) }
            + (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    /// Feeds bytes in pieces of a size and collects the frames.
    private func read(_ bytes: [UInt8], pieces: Int, limit: Int = 1 << 20) throws -> [[UInt8]] {
        var reader = FrameReader(limit: limit)
        var frames: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            let buffer = reader.readBuffer()
            #expect(!buffer.isEmpty)
            let count = min(pieces, buffer.count, bytes.count - position)
            buffer.copyBytes(from: bytes[position..<position + count])
            position += count
            reader.advance(count)
            while let frame = try reader.next() { frames.append([UInt8](frame.bytes)) }
        }
        return frames
    }

    @Test(arguments: [1, 3, 1000, 65_536, 1 << 20])
    func `frames of all sizes come whole, however they arrive`(pieces: Int) throws {
        let sizes = [1, 4, 100, 32_764, 32_765, 65_532, 65_533, 200_000, 5]
        // In pieces of one byte the large ones would only cost time.
        let chosen = pieces == 1 ? [1, 4, 100, 32_765, 5] : sizes
        let frames = try read(chosen.flatMap { frame($0) }, pieces: pieces)
        #expect(frames == chosen.map { Array(frame($0).dropFirst(4)) })
    }

    @Test(arguments: [0, -1, .min, (1 << 20) + 1, 0x1503_0300] as [Int32])
    func `impossible sizes are refused before anything is allocated`(size: Int32) {
        let bytes = withUnsafeBytes(of: size.bigEndian) { [UInt8]($0) }
        #expect(throws: FrameReader.BadSize(size: size)) { try read(bytes, pieces: 4) }
    }
}
