import Testing

@testable import Crypto

struct RandomBytesTests {
    @Test func `they have the length asked for and differ`() throws {
        let (one, other) = (try RandomBytes.make(32), try RandomBytes.make(32))
        #expect(one.count == 32)
        #expect(one != other)
        #expect(try RandomBytes.make(0).isEmpty)
        #expect(try RandomBytes.make(-1).isEmpty)
    }
}
