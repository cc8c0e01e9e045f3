/// The byte work of JSON: escaping, unescaping, numbers, positions. Pointers are borrowed for the call.
public enum JSONText {
    /// Writes `count` bytes of UTF-8 as the inside of a JSON string, without the quotes, escaped as Jackson escapes:
    /// `\" \\ \b \f \n \r \t`, other controls as `\u00XX`, scalars beyond the basic plane as two escaped surrogates
    /// (`UTF8JsonGenerator` does so); `/` and everything else beyond ASCII stay.
    ///
    /// The bytes are not checked to be UTF-8.
    ///
    /// - Returns: The bytes written, nil where `capacity` was too small (what lies there is then undefined).
    ///   `count` suffices where nothing needs an escape, six times `count` always.
    public static func escape(
        from source: UnsafeRawPointer, count: Int, into destination: UnsafeMutableRawPointer, capacity: Int
    ) -> Int? {
        var read = 0
        var written = 0
        while true {
            // Whole words are stored before they are looked at in detail: bytes behind the first special one are
            // overwritten by what follows.
            while read &+ 8 <= count, written &+ 8 <= capacity {
                let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: read, as: UInt64.self))
                destination.storeBytes(of: word.littleEndian, toByteOffset: written, as: UInt64.self)
                let special = special(in: word)
                guard special == 0 else {
                    let plain = special.trailingZeroBitCount >> 3
                    read &+= plain
                    written &+= plain
                    break
                }
                read &+= 8
                written &+= 8
            }
            guard read < count else { return written }
            let byte = source.load(fromByteOffset: read, as: UInt8.self)
            if byte >= 0xF0, let scalar = supplementary(source + read, count: count &- read) {
                guard capacity &- written >= 12 else { return nil }
                writeSurrogates(of: scalar, to: destination + written)
                read &+= 4
                written &+= 12
                continue
            }
            guard let length = write(byte, to: destination + written, room: capacity &- written) else { return nil }
            read &+= 1
            written &+= length
        }
    }

    /// The room that `escape` needs at most.
    public static func escapedCapacity(for count: Int) -> Int { count.multipliedReportingOverflow(by: 6).partialValue }

    /// Writes one byte, escaped where it must be; nil where it does not fit.
    private static func write(_ byte: UInt8, to destination: UnsafeMutableRawPointer, room: Int) -> Int? {
        let short: UInt8
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        case 0..<0x20:
            guard room >= 6 else { return nil }
            destination.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
            destination.storeBytes(of: UInt8(ascii: "u"), toByteOffset: 1, as: UInt8.self)
            destination.storeBytes(of: UInt8(ascii: "0"), toByteOffset: 2, as: UInt8.self)
            destination.storeBytes(of: UInt8(ascii: "0"), toByteOffset: 3, as: UInt8.self)
            destination.storeBytes(of: hexDigit(byte >> 4), toByteOffset: 4, as: UInt8.self)
            destination.storeBytes(of: hexDigit(byte & 15), toByteOffset: 5, as: UInt8.self)
            return 6
        default:
            guard room >= 1 else { return nil }
            destination.storeBytes(of: byte, as: UInt8.self)
            return 1
        }
        guard room >= 2 else { return nil }
        destination.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
        destination.storeBytes(of: short, toByteOffset: 1, as: UInt8.self)
        return 2
    }

    /// The scalar of four bytes of UTF-8; nil where they are none.
    private static func supplementary(_ source: UnsafeRawPointer, count: Int) -> UInt32? {
        guard count >= 4 else { return nil }
        var scalar = UInt32(source.load(as: UInt8.self) & 0x07)
        for index in 1..<4 {
            let byte = source.load(fromByteOffset: index, as: UInt8.self)
            guard byte & 0xC0 == 0x80 else { return nil }
            scalar = scalar << 6 | UInt32(byte & 0x3F)
        }
        return (0x1_0000...0x10_FFFF).contains(scalar) ? scalar : nil
    }

    /// Twelve bytes: `\uD83D\uDE00` and the like.
    private static func writeSurrogates(of scalar: UInt32, to destination: UnsafeMutableRawPointer) {
        let offset = scalar &- 0x1_0000
        for (index, unit) in [0xD800 &+ (offset >> 10), 0xDC00 &+ (offset & 0x3FF)].enumerated() {
            let place = destination + 6 * index
            place.storeBytes(of: UInt8(ascii: "\\"), as: UInt8.self)
            place.storeBytes(of: UInt8(ascii: "u"), toByteOffset: 1, as: UInt8.self)
            for digit in 0..<4 {
                let nibble = UInt8(truncatingIfNeeded: unit >> UInt32(12 - 4 * digit)) & 15
                place.storeBytes(of: hexDigit(nibble), toByteOffset: 2 + digit, as: UInt8.self)
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }

    /// A word whose lowest set bit lies in the first byte (from the low end) that cannot stand in a JSON string as it
    /// is: a control, a quote, a backslash, the lead of four bytes. Higher bits may be set by mistake; zero is exact.
    @inline(__always)
    static func special(in word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quote = word ^ (ones &* 0x22)
        let backslash = word ^ (ones &* 0x5C)
        let controls = (word &- ones &* 0x20) & ~word
        let leads = word & (word << 1) & (word << 2) & (word << 3)
        return (leads | controls | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & highs
    }

    /// Resolves the escapes of a string that the scanner has checked. Never writes more than `source.count` bytes.
    static func unescape(_ source: UnsafeRawBufferPointer, into destination: UnsafeMutableRawPointer) -> Int {
        var read = 0
        var written = 0
        func put(_ byte: UInt8) {
            destination.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
            written += 1
        }
        while read < source.count {
            let byte = source[read]
            guard byte == UInt8(ascii: "\\"), read + 1 < source.count else {
                put(byte)
                read += 1
                continue
            }
            let kind = source[read + 1]
            read += 2
            switch kind {
            case UInt8(ascii: "b"): put(0x08)
            case UInt8(ascii: "f"): put(0x0C)
            case UInt8(ascii: "n"): put(0x0A)
            case UInt8(ascii: "r"): put(0x0D)
            case UInt8(ascii: "t"): put(0x09)
            case UInt8(ascii: "u"):
                let (scalar, consumed) = escapedScalar(source, at: read)
                read += consumed
                for unit in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { put(unit) }
            default: put(kind)
            }
        }
        return written
    }

    /// The scalar behind `\u` at `start`, and the bytes it takes from there; `?` for half of a surrogate pair.
    private static func escapedScalar(_ bytes: UnsafeRawBufferPointer, at start: Int) -> (Unicode.Scalar, Int) {
        let unknown = Unicode.Scalar(UInt8(ascii: "?"))
        guard let unit = hexUnit(bytes, at: start) else { return (unknown, 0) }
        if let scalar = Unicode.Scalar(unit) { return (scalar, 4) }
        guard unit < 0xDC00, start + 10 <= bytes.count, bytes[start + 4] == UInt8(ascii: "\\"),
            bytes[start + 5] == UInt8(ascii: "u"), let low = hexUnit(bytes, at: start + 6), low & 0xFC00 == 0xDC00,
            let scalar = Unicode.Scalar(0x10000 + ((unit & 0x3FF) << 10) + (low & 0x3FF))
        else { return (unknown, 4) }
        return (scalar, 10)
    }

    /// Four hexadecimal digits; nil where they are not there.
    static func hexUnit(_ bytes: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for i in start..<start + 4 {
            let byte = bytes[i]
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// Letters, digits and `_`, which may not follow a number or a word directly.
    static func isWordByte(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10 || (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
    }

    /// The double nearest to a number in JSON's spelling. Small ones are computed exactly from two exact doubles; the
    /// rest goes through the standard library, which takes a string.
    static func double(_ bytes: UnsafeRawBufferPointer) -> Double {
        exactDouble(bytes) ?? Double(String(decoding: bytes, as: UTF8.self)) ?? .nan
    }

    private static func exactDouble(_ bytes: UnsafeRawBufferPointer) -> Double? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var mantissa: UInt64 = 0
        var scale = 0
        var sawPoint = false
        guard bytes.count <= 17 else { return nil }
        for i in (isNegative ? 1 : 0)..<bytes.count {
            let byte = bytes[i]
            if byte == UInt8(ascii: ".") {
                sawPoint = true
                continue
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            if sawPoint { scale += 1 }
        }
        guard mantissa < 1 << 53 else { return nil }
        var power = 1.0
        for _ in 0..<scale { power *= 10 }
        let value = Double(mantissa) / power
        return isNegative ? -value : value
    }

    /// Line and column, from 1, of a byte; columns count Unicode scalars.
    public static func position(of offset: Int, in bytes: UnsafeRawBufferPointer) -> (line: Int, column: Int) {
        var line = 1
        var column = 1
        for i in 0..<min(max(0, offset), bytes.count) {
            let byte = bytes[i]
            if byte == 0x0A {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return (line, column)
    }
}
