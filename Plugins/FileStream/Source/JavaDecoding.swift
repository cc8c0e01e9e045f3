/// Turns bytes that are not UTF-8 into text as Java's decoder does: one U+FFFD for each malformed sequence.
///
/// Source: `sun.nio.cs.UTF_8.Decoder` (`malformedN`). It differs from what Unicode recommends for surrogates, of which all
/// three bytes become one U+FFFD.
enum JavaDecoding {
    static func repaired(_ bytes: some RandomAccessCollection<UInt8>) -> [UInt8] {
        let source = Array(bytes)
        var result: [UInt8] = []
        result.reserveCapacity(source.count + 16)
        var index = 0
        while index < source.count {
            switch sequence(source, at: index) {
            case .wellFormed(let length):
                result += source[index..<min(index + length, source.count)]
                index += length
            case .malformed(let length):
                result += [0xef, 0xbf, 0xbd]
                index += length
            }
        }
        return result
    }

    private enum Sequence {
        case wellFormed(Int)
        case malformed(Int)
    }

    private static func sequence(_ bytes: [UInt8], at index: Int) -> Sequence {
        // What follows a line is a line end, which continues nothing.
        func byte(_ offset: Int) -> UInt8 { index + offset < bytes.count ? bytes[index + offset] : 0x0a }
        func continues(_ offset: Int) -> Bool { byte(offset) & 0xc0 == 0x80 }
        let first = bytes[index]
        switch first {
        case 0..<0x80: return .wellFormed(1)
        case 0xc2..<0xe0: return continues(1) ? .wellFormed(2) : .malformed(1)
        case 0xe0..<0xf0:
            if (first == 0xe0 && byte(1) & 0xe0 == 0x80) || !continues(1) { return .malformed(1) }
            if !continues(2) { return .malformed(2) }
            return first == 0xed && byte(1) > 0x9f ? .malformed(3) : .wellFormed(3)
        case 0xf0...0xf4:
            let isOutside = (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)
            if isOutside || !continues(1) { return .malformed(1) }
            if !continues(2) { return .malformed(2) }
            return continues(3) ? .wellFormed(4) : .malformed(3)
        default: return .malformed(1)
        }
    }
}
