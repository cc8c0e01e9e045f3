extension JSONScanner {
    /// Writes the value of the last key or string as UTF-8.
    ///
    /// - Parameters:
    ///   - destination: The caller's memory; `contentCount` bytes always suffice.
    ///   - capacity: Its size in bytes.
    /// - Returns: The bytes written, nil where they would not fit.
    public func unescape(into destination: UnsafeMutableRawPointer, capacity: Int) -> Int? {
        let source = content
        guard capacity >= source.count else { return nil }
        guard let base = source.baseAddress, source.count > 0 else { return 0 }
        guard hasEscapes else {
            destination.copyMemory(from: base, byteCount: source.count)
            return source.count
        }
        return JSONText.unescape(source, into: destination)
    }

    /// The value of the last key or string, or the spelling of the last number, as a string of its own.
    public func string() -> String {
        let source = content
        guard hasEscapes else { return String(decoding: source, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: source.count) { buffer in
            guard let base = buffer.baseAddress else { return 0 }
            return JSONText.unescape(source, into: UnsafeMutableRawPointer(base))
        }
    }

    /// True where the last key or string has this value. Escapes are honoured.
    public func contentEquals(_ text: StaticString) -> Bool {
        let source = content
        if hasEscapes { return UTF8Key(string()) == UTF8Key(text.description) }
        guard source.count == text.utf8CodeUnitCount else { return false }
        for i in 0..<source.count where source[i] != text.utf8Start[i] { return false }
        return true
    }

    /// The last number, where it is written as an integer and fits.
    public var int64: Int64? {
        guard isIntegral else { return nil }
        let source = content
        let isNegative = source.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for i in (isNegative ? 1 : 0)..<source.count {
            let digit = Int64(source[i] &- UInt8(ascii: "0"))
            let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) =
                isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// The low 64 bits of the last number, which must be integral: what Java's `longValue()` makes of it.
    public var wrappedInt64: Int64 {
        let source = content
        let isNegative = source.first == UInt8(ascii: "-")
        var value: Int64 = 0
        for i in (isNegative ? 1 : 0)..<source.count {
            value = value &* 10 &+ Int64(source[i] &- UInt8(ascii: "0"))
        }
        return isNegative ? 0 &- value : value
    }

    /// The double nearest to the last number; infinite beyond its range.
    public var double: Double { JSONText.double(content) }
}
