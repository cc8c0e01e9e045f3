/// Variable-length numbers: seven bits a byte, low group first, the high bit set on all but the last.
@usableFromInline
enum Varint {
    /// How many bytes `value` takes.
    @inlinable @inline(__always)
    static func size(_ value: UInt64) -> Int {
        // Bits, at least one, rounded up to groups of seven: (bits + 6) / 7 without a division.
        (9 &* (64 &- (value | 1).leadingZeroBitCount) &+ 64) &>> 6
    }

    /// Writes `value`; there must be room for ten bytes. How many were written.
    @inlinable @inline(__always)
    static func write(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
        if value < 0x80 {
            place.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
            return 1
        }
        if value < 0x4000 {
            let pair = UInt16(truncatingIfNeeded: (value & 0x7f) | 0x80 | (value &>> 7) &<< 8)
            place.storeBytes(of: pair.littleEndian, as: UInt16.self)
            return 2
        }
        return writeLong(value, to: place)
    }

    @usableFromInline
    static func writeLong(_ value: UInt64, to place: UnsafeMutableRawPointer) -> Int {
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
    @inlinable @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 { UInt64(bitPattern: (value &<< 1) ^ (value &>> 63)) }

    /// The inverse of `zigzag`.
    @inlinable @inline(__always)
    static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: value &>> 1) ^ (0 &- Int64(bitPattern: value & 1))
    }

    /// Reads a number of at most 64 bits from between `place` and `end` and moves `place` behind it; nil where the bytes end
    /// early or the number is too long.
    @inlinable @inline(__always)
    static func read(_ place: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt64? {
        guard place < end else { return nil }
        let first = place.load(as: UInt8.self)
        if first < 0x80 {
            place += 1
            return UInt64(first)
        }
        if end - place >= 2 {
            let second = place.load(fromByteOffset: 1, as: UInt8.self)
            if second < 0x80 {
                place += 2
                return UInt64(first & 0x7f) | UInt64(second) &<< 7
            }
        }
        return readLong(&place, end)
    }

    @usableFromInline
    static func readLong(_ place: inout UnsafeRawPointer, _ end: UnsafeRawPointer) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < end {
            let byte = place.load(as: UInt8.self)
            place += 1
            guard shift < 63 || byte <= 1 else { return nil }
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
