import Testing

@testable import Crypto

struct HMACTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
    }

    private func code(_ message: [UInt8], _ key: [UInt8], _ algorithm: MACAlgorithm) throws -> String {
        hex(try HMAC.code(of: message, key: key, algorithm))
    }

    @Test func `codes are those of RFC 4231, test case 2`() throws {
        let (key, message) = (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
        #expect(
            try code(message, key, .sha224) == "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44")
        #expect(
            try code(message, key, .sha256) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            try code(message, key, .sha384)
                == "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649")
        #expect(
            try code(message, key, .sha512)
                == "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
                + "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")
    }

    @Test func `codes are those of RFC 4231, test cases 1 and 6, and of RFC 2202`() throws {
        #expect(
            try code(Array("Hi There".utf8), Array(repeating: 0x0B, count: 20), .sha256)
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        let long = Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8)
        #expect(
            try code(long, Array(repeating: 0xAA, count: 131), .sha256)
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(
            try code(Array("what do ya want for nothing?".utf8), Array("Jefe".utf8), .sha1)
                == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")
    }

    @Test func `an empty message and an empty key have a code`() throws {
        #expect(
            try code([], [], .sha256) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test func `requests between workers have the codes that Apache's worker makes`() throws {
        let key = try #require(Base64.decode("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="))
        #expect(key == Array(0...31))
        let body = Array(#"[{"task.class":"T","topic":"t"}]"#.utf8)
        #expect(
            Base64.encode(try HMAC.code(of: body, key: key, .sha256)) == "V8fxFu27h6mjbJBDpiLyZJAYh4+exF+aUsCN2iEy2nA=")
        #expect(
            Base64.encode(try HMAC.code(of: [], key: key, .sha256)) == "04tCCW2A9F+Ca0Sp1WB95ySWpBXT9KGoyI47udqNwcs=")
    }

    @Test func `codes are equal when all their bytes are`() {
        #expect(HMAC.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(HMAC.areEqual([], []))
        #expect(!HMAC.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!HMAC.areEqual([0, 2, 3], [1, 2, 3]))
        #expect(!HMAC.areEqual([1, 2, 3], [1, 2]))
        #expect(!HMAC.areEqual([], [0]))
    }

    @Test(arguments: [
        ("HmacSHA1", 20, 64), ("HmacSHA224", 28, 28), ("HmacSHA256", 32, 32), ("HmacSHA384", 48, 48),
        ("HmacSHA512", 64, 64),
    ])
    func `algorithms have Java's names and key lengths`(name: String, code: Int, key: Int) throws {
        let algorithm = try #require(MACAlgorithm(javaName: name))
        #expect(algorithm.rawValue == name)
        #expect(MACAlgorithm(javaName: name.lowercased()) == algorithm)
        #expect(algorithm.codeBytes == code)
        #expect(try HMAC.code(of: [1], key: [2], algorithm).count == code)
        #expect(algorithm.keyBytes == key)
    }

    @Test func `an unknown algorithm has no name`() {
        #expect(MACAlgorithm(javaName: "HmacFoo") == nil)
        #expect(MACAlgorithm(javaName: "") == nil)
    }
}
