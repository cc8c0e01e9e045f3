import Testing

@testable import Crypto

struct Base64Tests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func `texts are those of RFC 4648`(plain: String, text: String) {
        #expect(Base64.encode(Array(plain.utf8)) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
    }

    @Test func `every byte comes back`() {
        for count in 0...70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
        #expect(Base64.encode([0xFB, 0xFF, 0xFE]) == "+//+")
    }

    @Test func `padding may be left out, but not in part`() {
        #expect(Base64.decode("Zg") == Array("f".utf8))
        #expect(Base64.decode("Zm8") == Array("fo".utf8))
        #expect(Base64.decode("Zg=") == nil)
    }

    @Test(arguments: [
        "a", "abcde", "=", "==", "===", "====", "a===", "abcd=", "abcd====", "ab=d", "ab==cd==", "ab==c", "a b=",
        "ab\n=",
        " ab=", "a-_=", "äb==", "ab==\n",
    ])
    func `what Java's decoder refuses is refused`(text: String) {
        #expect(Base64.decode(text) == nil)
    }
}
