/// The hash that Java's producer chooses partitions by: the 32-bit MurmurHash2 of its `Utils.murmur2`.
@inlinable
public func murmur2(_ bytes: UnsafeRawBufferPointer) -> Int32 {
    let multiplier: UInt32 = 0x5bd1_e995
    let count = bytes.count
    var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: count)
    var at = 0
    while at &+ 4 <= count {
        var word = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)) &* multiplier
        word ^= word &>> 24
        hash = (hash &* multiplier) ^ (word &* multiplier)
        at = at &+ 4
    }
    if at < count {
        if at &+ 2 < count { hash ^= UInt32(bytes[at &+ 2]) &<< 16 }
        if at &+ 1 < count { hash ^= UInt32(bytes[at &+ 1]) &<< 8 }
        hash = (hash ^ UInt32(bytes[at])) &* multiplier
    }
    hash = (hash ^ (hash &>> 13)) &* multiplier
    return Int32(bitPattern: hash ^ (hash &>> 15))
}

/// The partition of a topic with `partitions` partitions that a record with this key goes to, as Java's producer chooses it.
/// All partitions count, those without a leader too. 0 where there are none.
@inlinable
public func partition(forKey key: UnsafeRawBufferPointer, among partitions: Int32) -> Int32 {
    partitions > 0 ? (murmur2(key) & 0x7fff_ffff) % partitions : 0
}
