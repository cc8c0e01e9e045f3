import PluginKit
import Testing

@Suite struct UTF8CheckTests {
    /// The standard library's verdict.
    private func isValid(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    private func check(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { $0.baseAddress.map { UTF8Check.isValid($0, count: bytes.count) } ?? true }
    }

    @Test func `every sequence of up to three bytes agrees with the standard library`() {
        let edges: [UInt8] = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1]
        let more: [UInt8] = [0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf4, 0xf5, 0xff]
        let all = edges + more
        for a in all {
            for b in all {
                for c in all {
                    for d in [UInt8(0x41), 0x80, 0xbf, 0xc0] {
                        let bytes = [a, b, c, d]
                        #expect(check(bytes) == isValid(bytes), "\(bytes)")
                    }
                }
            }
        }
    }

    @Test func `a fault is found at every place of a long text`() {
        let clean = Array(String(repeating: "abcdefgh ü€😀 ", count: 20).utf8)
        #expect(check(clean))
        for index in clean.indices {
            var broken = clean
            broken[index] = 0xff
            #expect(!check(broken), "\(index)")
        }
    }

    @Test func `the ASCII prefix ends at the first other byte`() {
        for length in [0, 1, 7, 8, 9, 63, 64, 65, 200] {
            var bytes = [UInt8](repeating: 0x61, count: length) + [0xc3, 0xa9]
            bytes += [UInt8](repeating: 0x61, count: 10)
            let prefix = bytes.withUnsafeBufferPointer { buffer in
                buffer.baseAddress.map { UTF8Check.asciiPrefix($0, count: buffer.count) }
            }
            #expect(prefix == length)
        }
    }
}
