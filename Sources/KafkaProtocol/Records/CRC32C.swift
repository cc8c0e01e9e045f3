internal import CChecksum

/// CRC-32C (Castagnoli), the checksum of record batches.
public enum CRC32C {
    /// The checksum of `bytes`, continuing from `crc`; 0 starts a new one.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing crc: UInt32 = 0) -> UInt32 {
        checksum_crc32c(crc, bytes.baseAddress, bytes.count)
    }

    /// The checksum of A followed by B from those of A and B and the length of B in bytes.
    public static func combine(_ first: UInt32, _ second: UInt32, secondCount: Int) -> UInt32 {
        checksum_crc32c_combine(first, second, secondCount)
    }
}
