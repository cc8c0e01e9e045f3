package import ConnectModel
import Crypto

/// Makes the keys with which workers sign, as Java's `KeyGenerator` does.
package enum SessionKeys {
    /// Java's `KeyGenerator` refuses less.
    private static let leastBits = 40
    /// Longer than any code's block by far; the key is a record of the config topic.
    private static let mostBits = 65_536

    /// Length in bytes of a key of that kind: a key of another length is not one that this configuration makes.
    ///
    /// - Parameters:
    ///   - algorithm: `inter.worker.key.generation.algorithm`.
    ///   - size: `inter.worker.key.size`, in bits; nil for the algorithm's own.
    package static func byteCount(algorithm: String, size: Int?) throws(ConnectError) -> Int {
        guard let mac = MACAlgorithm(javaName: algorithm) else {
            throw ConnectError(.configInvalid, "inter.worker.key.generation.algorithm: \(algorithm) is not available")
        }
        guard let size else { return mac.keyBytes }
        guard (leastBits...mostBits).contains(size) else {
            throw ConnectError(
                .configInvalid, "inter.worker.key.size: \(size) is not between \(leastBits) and \(mostBits) bits")
        }
        return (size + 7) / 8
    }

    /// A new key.
    ///
    /// - Parameters:
    ///   - algorithm: `inter.worker.key.generation.algorithm`, kept as it is spelled.
    ///   - size: `inter.worker.key.size`, in bits; nil for the algorithm's own.
    ///   - now: milliseconds since 1970.
    package static func make(algorithm: String, size: Int?, now: Int64) throws(ConnectError) -> SessionKey {
        try make(algorithm: algorithm, size: size, now: now, random: RandomBytes.make)
    }

    /// The same with another source of bytes, which makes as many as it is told.
    static func make(
        algorithm: String, size: Int?, now: Int64, random: (Int) throws(CryptoError) -> [UInt8]
    ) throws(ConnectError) -> SessionKey {
        let count = try byteCount(algorithm: algorithm, size: size)
        do throws(CryptoError) {
            return SessionKey(base64: Base64.encode(try random(count)), algorithm: algorithm, createdAt: now)
        } catch {
            throw ConnectError(.workerFailed, "No session key can be made: \(error)")
        }
    }
}
