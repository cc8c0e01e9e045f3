import CChecksum
import Testing

@testable import KafkaProtocol

@Suite struct ChecksumTests {
    @Test func checkValueOfTheStandardIsMet() {
        let digits = Array("123456789".utf8)
        #expect(digits.withUnsafeBytes { CRC32C.checksum($0) } == 0xe306_9283)
        #expect(CRC32C.checksum(UnsafeRawBufferPointer(start: nil, count: 0)) == 0)
    }

    @Test func `the processor's instructions and the tables agree at every length and alignment`() {
        var generator = SeededGenerator(seed: 1)
        let data = (0..<8192).map { _ in UInt8.random(in: 0...255, using: &generator) }
        data.withUnsafeBytes { data in
            for length in Array(0...600) + [1023, 1024, 3071, 3072, 3073, 4096, 8000] {
                let part = UnsafeRawBufferPointer(rebasing: data[(length % 9)..<(length % 9 + length)])
                #expect(
                    CRC32C.checksum(part, continuing: 77)
                        == checksum_crc32c_portable(77, part.baseAddress, part.count))
            }
        }
    }

    @Test func checksumsOfPartsCombine() {
        let data = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        data.withUnsafeBytes { data in
            let whole = CRC32C.checksum(data)
            for cut in [0, 1, 40, 255, 256, 4096, 4999, 5000] {
                let first = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: data[..<cut]))
                let second = CRC32C.checksum(UnsafeRawBufferPointer(rebasing: data[cut...]))
                #expect(CRC32C.combine(first, second, secondCount: 5000 - cut) == whole)
            }
        }
    }
}
