import ClusterCore
import ConnectModel
import Testing

@Suite struct SessionKeyRotationTests {
    private func rotation(lifetime: Int64 = 1000) -> SessionKeyRotation {
        SessionKeyRotation(algorithm: "HmacSHA256", size: 32, lifetime: lifetime)
    }

    private func key(_ bytes: Int = 32, algorithm: String = "HmacSHA256", at: Int64 = 0) -> SessionKey {
        let groups = (bytes + 2) / 3
        let padding = groups * 3 - bytes
        let text = String(repeating: "A", count: groups * 4 - padding) + String(repeating: "=", count: padding)
        return SessionKey(base64: text, algorithm: algorithm, createdAt: at)
    }

    @Test func `only a leader writes, and a first key at once`() {
        let rotation = rotation()
        #expect(rotation.isDue(isLeader: true, now: 0))
        #expect(!rotation.isDue(isLeader: false, now: 0))
    }

    @Test func `a key is replaced when its time is over`() {
        var rotation = rotation()
        rotation.read(key(at: 500))
        #expect(rotation.expiry == 1500)
        #expect(!rotation.isDue(isLeader: true, now: 1499))
        #expect(rotation.isDue(isLeader: true, now: 1500))
    }

    @Test func `a key of another kind or length is replaced`() {
        for other in [key(algorithm: "HmacSHA1"), key(31), key(33), key(64)] {
            var rotation = rotation(lifetime: 0)
            rotation.read(other)
            #expect(rotation.isDue(isLeader: true, now: 0), "\(other)")
        }
        var rotation = rotation(lifetime: 0)
        rotation.read(key())
        #expect(!rotation.isDue(isLeader: true, now: .max), "without a lifetime it stays")
    }

    @Test func `while one is written no other is`() {
        var rotation = rotation()
        rotation.writing()
        #expect(!rotation.isDue(isLeader: true, now: 0))
        rotation.failed()
        #expect(rotation.isDue(isLeader: true, now: 0))
        rotation.writing()
        rotation.read(key())
        #expect(!rotation.isDue(isLeader: true, now: 0))
    }
}
