/// Variable-length numbers: seven bits a byte, low group first, the high bit set on all but the last.
enum Varint {
    /// How many bytes `value` takes.
    @inline(__always)
    static func size(_ value: UInt64) -> Int {
        // Bits, at least one, rounded up to groups of seven: (64 - zeros + 6) / 7 without a division.
        (9 * (64 - (value | 1).leadingZeroBitCount) + 64) >> 6
    }

    /// Writes `value`; there must be room for ten bytes. How many were written.
    @inline(__always)
    static func write(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
        var left = value
        var count = 0
        while left >= 0x80 {
            place.storeBytes(of: UInt8(truncatingIfNeeded: left) | 0x80, toByteOffset: count, as: UInt8.self)
            left >>= 7
            count += 1
        }
        place.storeBytes(of: UInt8(truncatingIfNeeded: left), toByteOffset: count, as: UInt8.self)
        return count + 1
    }

    /// Maps small negative numbers to small unsigned ones.
    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value << 1) ^ (value >> 63)) }
}
