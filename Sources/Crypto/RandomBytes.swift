import COpenSSL

/// Bytes that nobody can foresee, from OpenSSL's generator.
package enum RandomBytes {
    /// As many random bytes; none for a negative count. Thread-safe.
    ///
    /// - Throws: where the generator could not be seeded.
    package static func make(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard count > 0 else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        guard let length = Int32(exactly: count), RAND_bytes(&bytes, length) == 1 else {
            throw CryptoError("OpenSSL has no random bytes.")
        }
        return bytes
    }
}
