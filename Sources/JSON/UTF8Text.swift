/// Checks of UTF-8 as RFC 3629 has it: shortest form, no surrogates, nothing beyond U+10FFFF.
public enum UTF8Text {
    /// True where all bytes are UTF-8.
    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var i = 0
        while i < bytes.count {
            while i + 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                i += 8
            }
            guard i < bytes.count else { return true }
            if bytes[i] < 0x80 {
                i += 1
                continue
            }
            let length = sequenceLength(in: bytes, at: i)
            guard length > 0 else { return false }
            i += length
        }
        return true
    }

    /// The length of the sequence that starts at `i` (which must be within), 0 where it is malformed or cut off.
    static func sequenceLength(in bytes: UnsafeRawBufferPointer, at i: Int) -> Int {
        let first = bytes[i]
        func follows(_ distance: Int, _ range: ClosedRange<UInt8> = 0x80...0xBF) -> Bool {
            i + distance < bytes.count && range.contains(bytes[i + distance])
        }
        switch first {
        case 0..<0x80: return 1
        case 0xC2...0xDF: return follows(1) ? 2 : 0
        case 0xE0: return follows(1, 0xA0...0xBF) && follows(2) ? 3 : 0
        case 0xED: return follows(1, 0x80...0x9F) && follows(2) ? 3 : 0
        case 0xE1...0xEF: return follows(1) && follows(2) ? 3 : 0
        case 0xF0: return follows(1, 0x90...0xBF) && follows(2) && follows(3) ? 4 : 0
        case 0xF1...0xF3: return follows(1) && follows(2) && follows(3) ? 4 : 0
        case 0xF4: return follows(1, 0x80...0x8F) && follows(2) && follows(3) ? 4 : 0
        default: return 0
        }
    }
}
