import Testing

@testable import FakeBroker

struct FrameBufferTests {
    private static let maximum = 1 << 20

    private func frame(_ size: Int) -> [UInt8] {
        withUnsafeBytes(of: Int32(size).bigEndian) { [UInt8]($0) }
            + (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    }

    private func feed(_ buffer: FrameBuffer, _ bytes: ArraySlice<UInt8>) -> Int {
        let room = buffer.room()
        let count = min(room.count, bytes.count)
        room.copyBytes(from: bytes.prefix(count))
        buffer.add(count)
        return count
    }

    @Test(arguments: [1, 7, 4096, 1 << 20])
    func `frames of all sizes come whole, however they arrive`(pieces: Int) {
        let sizes = [10, 11, 100, 16_380, 16_384, 200_000, 12, Self.maximum, 10]
        let bytes = sizes.flatMap(frame)
        let buffer = FrameBuffer(maximum: Self.maximum)
        var found: [Int] = []
        var position = 0
        while position < bytes.count {
            position += feed(buffer, bytes[position..<min(position + pieces, bytes.count)])
            while case .frame(let whole) = buffer.next() {
                found.append(whole.count)
                #expect(whole.last == UInt8(truncatingIfNeeded: (whole.count - 1) &* 7))
            }
        }
        #expect(found == sizes && buffer.count == 0)
    }

    @Test(arguments: [-1, 0, 9, maximum + 1, Int(Int32.max), Int(Int32.min)])
    func `a length that no request may have is told before anything is kept for it`(length: Int) {
        let buffer = FrameBuffer(maximum: Self.maximum)
        let announced = withUnsafeBytes(of: Int32(length).bigEndian) { [UInt8]($0) }
        #expect(feed(buffer, announced[...]) == 4)
        guard case .badLength(length) = buffer.next() else {
            Issue.record("taken")
            return
        }
        #expect(buffer.room().count < 1 << 16)
    }
}
