/// Standard Base64 with padding (RFC 4648 §4), as Jackson writes and reads binary values.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// How many characters `count` bytes become.
    public static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    /// The text of the bytes.
    public static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: encodedCount(bytes.count)) { room in
            encode(bytes, into: UnsafeMutableRawBufferPointer(room))
        }
    }

    /// Writes the text of the bytes.
    ///
    /// - Parameter room: holds at least ``encodedCount(_:)`` bytes.
    /// - Returns: how many were written.
    public static func encode(_ bytes: UnsafeRawBufferPointer, into room: UnsafeMutableRawBufferPointer) -> Int {
        var written = 0
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let second = rest > 1 ? UInt32(bytes[index + 1]) : 0
            let third = rest > 2 ? UInt32(bytes[index + 2]) : 0
            let group = UInt32(bytes[index]) << 16 | second << 8 | third
            room[written] = alphabet[Int(group >> 18 & 63)]
            room[written + 1] = alphabet[Int(group >> 12 & 63)]
            room[written + 2] = rest > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "=")
            room[written + 3] = rest > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "=")
            written += 4
            index += 3
        }
        return written
    }

    /// The bytes of the text; nil where it is not Base64.
    ///
    /// Padding may be missing at the end, as Jackson's default variant does not allow but other writers leave it out.
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        var end = text.count
        while end > 0, text.count - end < 2, text[end - 1] == UInt8(ascii: "=") { end -= 1 }
        guard end % 4 != 1 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(end / 4 * 3 + 3)
        var group: UInt32 = 0
        var bits = 0
        for index in 0..<end {
            guard let sextet = value(of: text[index]) else { return nil }
            group = group << 6 | sextet
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): return UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): return 62
        case UInt8(ascii: "/"): return 63
        default: return nil
        }
    }
}
