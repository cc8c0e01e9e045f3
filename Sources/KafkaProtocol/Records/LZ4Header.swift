/// The header of an lz4 frame: four bytes of magic, a descriptor of two to fourteen bytes, one byte of checksum.
enum LZ4Header {
    /// The header of the frame at the start of `payload` with the checksum that it should have; nil where there is no frame.
    static func repaired(_ payload: UnsafeRawBufferPointer) -> [UInt8]? {
        guard payload.count >= 7 else { return nil }
        let flags = payload[4]
        let size = 4 + 2 + (flags & 0x08 != 0 ? 8 : 0) + (flags & 0x01 != 0 ? 4 : 0) + 1
        guard payload.count >= size else { return nil }
        var header = [UInt8](payload[0..<size])
        header[size - 1] = UInt8(truncatingIfNeeded: xxh32(header[4..<size - 1]) >> 8)
        return header
    }

    /// XXH32 with seed 0 of fewer than 16 bytes, where the four lanes of the full algorithm are not used.
    private static func xxh32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        func rotate(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
        var hash: UInt32 = 0x1656_67b1 &+ UInt32(bytes.count)
        var left = bytes
        while left.count >= 4 {
            let word = left.prefix(4).reversed().reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
            hash = rotate(hash &+ word &* 0xc2b2_ae3d, 17) &* 0x27d4_eb2f
            left = left.dropFirst(4)
        }
        for byte in left { hash = rotate(hash &+ UInt32(byte) &* 0x1656_67b1, 11) &* 0x9e37_79b1 }
        hash = (hash ^ (hash >> 15)) &* 0x85eb_ca77
        hash = (hash ^ (hash >> 13)) &* 0xc2b2_ae3d
        return hash ^ (hash >> 16)
    }
}
