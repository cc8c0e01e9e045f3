/// A header's text in the pieces that Connect's `Values` takes it in: delimiters one by one, and what lies between them.
///
/// Only ever goes forward, save by setting `position` back to where it was, so that reading ends.
struct HeaderTextTokens {
    let bytes: UnsafeRawBufferPointer
    /// Where the next piece begins.
    var position = 0
    /// The piece that was looked at last: the same one is asked for several times.
    private var known: Range<Int> = 0..<0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var hasNext: Bool { position < bytes.count }

    /// Takes the next piece; empty at the end.
    mutating func next() -> Range<Int> {
        let piece = piece()
        position = piece.upperBound
        return piece
    }

    /// Passes over the next `count` pieces; false, and nothing passed over, where there are fewer.
    mutating func skip(_ count: Int) -> Bool {
        let start = position
        for _ in 0..<count {
            guard hasNext else {
                position = start
                return false
            }
            _ = next()
        }
        return true
    }

    /// Takes the next piece if it is that word, blanks around it aside. Pieces of blanks before it are passed over in any case.
    mutating func take(_ word: StaticString) -> Bool {
        guard hasNext else { return false }
        var piece = piece()
        while piece.upperBound < bytes.count, HeaderTextBytes.isBlank(slice(piece)) {
            position = piece.upperBound
            piece = self.piece()
        }
        guard HeaderTextBytes.equals(HeaderTextBytes.trim(slice(piece)), word) else { return false }
        position = piece.upperBound
        return true
    }

    func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[range]) }

    /// The piece at the position: a delimiter, or all up to the next one that stands behind no backslash.
    private mutating func piece() -> Range<Int> {
        if known.lowerBound == position, !known.isEmpty { return known }
        var index = position
        var isEscaped = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "\\") {
                isEscaped.toggle()
            } else {
                if !isEscaped, HeaderTextBytes.isDelimiter(byte) {
                    if index == position { index += 1 }
                    break
                }
                isEscaped = false
            }
            index += 1
        }
        known = position..<index
        return known
    }
}

/// What bytes of a header's text are.
enum HeaderTextBytes {
    static func isDelimiter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"),
            UInt8(ascii: "}"), UInt8(ascii: "\""):
            return true
        default: return false
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isBlank(_ text: UnsafeRawBufferPointer) -> Bool { text.allSatisfy { $0 <= 0x20 } }

    static func trim(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var start = 0
        var end = text.count
        while start < end, text[start] <= 0x20 { start += 1 }
        while end > start, text[end - 1] <= 0x20 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    static func equals(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        text.count == word.utf8CodeUnitCount
            && text.elementsEqual(UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }
}
