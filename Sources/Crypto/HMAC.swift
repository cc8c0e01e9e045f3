import COpenSSL

/// Keyed-hash message authentication codes (RFC 2104).
package enum HMAC {
    /// The code of a message.
    ///
    /// - Throws: where OpenSSL refuses the algorithm, by a policy of the machine, say.
    package static func code(
        of message: [UInt8], key: [UInt8], _ algorithm: MACAlgorithm
    ) throws(CryptoError) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard let keyCount = Int32(exactly: key.count),
            COpenSSL.HMAC(digest(algorithm), key, keyCount, message, message.count, &code, &count) != nil,
            Int(count) == algorithm.codeBytes
        else { throw CryptoError("OpenSSL makes no \(algorithm.rawValue).") }
        return Array(code.prefix(Int(count)))
    }

    /// Whether two codes are the same, in a time that tells nothing about where they differ. Lengths are no secret.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }

    private static func digest(_ algorithm: MACAlgorithm) -> OpaquePointer? {
        switch algorithm {
        case .sha1: EVP_sha1()
        case .sha224: EVP_sha224()
        case .sha256: EVP_sha256()
        case .sha384: EVP_sha384()
        case .sha512: EVP_sha512()
        }
    }
}
