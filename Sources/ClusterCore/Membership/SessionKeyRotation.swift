package import ConnectModel

/// When the leader writes a new key for requests between workers.
///
/// Source: `DistributedHerder.checkForKeyRotation` (reference distributed-protocol.md §16).
package struct SessionKeyRotation: Sendable {
    private let algorithm: String
    private let size: Int
    private let lifetime: Int64
    private var key: SessionKey?
    private var isWriting = false

    /// - Parameters:
    ///   - algorithm: `inter.worker.key.generation.algorithm`.
    ///   - size: bytes of a key.
    ///   - lifetime: `inter.worker.key.ttl.ms`; 0 for keys that stay.
    package init(algorithm: String, size: Int, lifetime: Int64) {
        self.algorithm = algorithm
        self.size = size
        self.lifetime = lifetime
    }

    /// A key was read from the config log.
    package mutating func read(_ key: SessionKey) {
        self.key = key
        isWriting = false
    }

    /// Whether this worker has to write a new key now.
    ///
    /// - Parameters:
    ///   - isLeader: whether it leads a group whose members sign their requests.
    ///   - now: milliseconds since 1970.
    package func isDue(isLeader: Bool, now: Int64) -> Bool {
        guard isLeader, !isWriting else { return false }
        guard let key, key.algorithm == algorithm, key.size == size else { return true }
        return expiry.map { $0 <= now } ?? false
    }

    /// A new key is being written.
    package mutating func writing() { isWriting = true }

    /// The new key could not be written.
    package mutating func failed() { isWriting = false }

    /// When the present key has to be replaced, in milliseconds since 1970; nil for never.
    package var expiry: Int64? {
        guard let key, lifetime > 0 else { return nil }
        let (sum, overflow) = key.createdAt.addingReportingOverflow(lifetime)
        return overflow ? nil : sum
    }
}

extension SessionKey {
    /// Bytes of the secret, by the length of its Base64.
    var size: Int {
        let text = base64.utf8
        let padding = text.suffix(2).count { $0 == UInt8(ascii: "=") }
        return text.count / 4 * 3 - padding
    }
}
