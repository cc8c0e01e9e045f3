import ConnectModel
import Crypto
import Testing

@testable import RESTAPI

struct SessionKeysTests {
    @Test(arguments: [
        ("HmacSHA256", nil, 32), ("hmacsha256", nil, 32), ("HmacSHA1", nil, 64), ("HmacSHA384", nil, 48),
        ("HmacSHA512", nil, 64), ("HmacSHA256", 40, 5), ("HmacSHA256", 100, 13), ("HmacSHA256", 128, 16),
        ("HmacSHA256", 129, 17), ("HmacSHA256", 65_536, 8192),
    ])
    func `keys are as long as Java's generator makes them`(algorithm: String, size: Int?, bytes: Int) throws {
        #expect(try SessionKeys.byteCount(algorithm: algorithm, size: size) == bytes)
        let key = try SessionKeys.make(algorithm: algorithm, size: size, now: 7)
        #expect(Base64.decode(key.base64)?.count == bytes)
        #expect(key.algorithm == algorithm)
        #expect(key.createdAt == 7)
    }

    @Test func `the bytes are the generator's`() throws {
        let key = try SessionKeys.make(algorithm: "HmacSHA256", size: nil, now: 0, random: { Array(0..<UInt8($0)) })
        #expect(key.base64 == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
        #expect(
            try SessionKeys.make(algorithm: "HmacSHA256", size: nil, now: 0)
                != SessionKeys.make(algorithm: "HmacSHA256", size: nil, now: 0))
    }

    @Test(arguments: [("HmacSHA256", 39), ("HmacSHA256", 0), ("HmacSHA256", -8), ("HmacSHA256", .max), ("HmacFoo", 64)])
    func `sizes that no generator takes and unknown algorithms are refused`(algorithm: String, size: Int) {
        #expect(throws: ConnectError.self) { try SessionKeys.make(algorithm: algorithm, size: size, now: 0) }
    }
}
