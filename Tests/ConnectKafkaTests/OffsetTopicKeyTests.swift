import Testing

@testable import ConnectKafka

@Suite struct OffsetTopicKeyTests {
    private func key(_ text: String) throws -> OffsetTopicKey { try OffsetTopicKey(reading: Array(text.utf8)) }

    @Test func `a key is taken apart as it is spelled`() throws {
        let key = try key(#"["src",{"table":"orders","db":"\u0061"}]"#)
        #expect(key.connector == "src")
        #expect(String(decoding: key.partition, as: UTF8.self) == #"{"table":"orders","db":"\u0061"}"#)
        #expect(try self.key(#"["src",null]"#).partition == Array("null".utf8))
        #expect(try self.key(#"[ "s\"c" , {"a": 1} ]"#).partition == Array(#"{"a":1}"#.utf8))
    }

    @Test func `a partition of a connector makes the key that Java writes`() throws {
        let key = try OffsetTopicKey(connector: "src", partition: Array(#"{"table":"orders"}"#.utf8))
        #expect(String(decoding: key.bytes, as: UTF8.self) == #"["src",{"table":"orders"}]"#)
    }

    @Test func `the order of members and the spelling of texts do not make another partition`() throws {
        #expect(
            try key(#"["src",{"a":"x","b":1}]"#).identity == key(#"["src",{"b":1,"a":"\u0078"}]"#).identity)
        #expect(try key(#"["src",{"a":"x"}]"#).identity != key(#"["src",{"a":"y"}]"#).identity)
        #expect(try key(#"["src",{"a":"x"}]"#).identity != key(#"["other",{"a":"x"}]"#).identity)
    }

    @Test(arguments: ["", "{", "[]", #"["src"]"#, #"["src",1]"#, #"[1,{}]"#, #"["src",{},1]"#, "src", "[\"src\",{}"])
    func `what is no key is refused`(_ text: String) {
        #expect(throws: OffsetTopicKey.Refusal.self) { try key(text) }
    }

    @Test func `a partition must be an object or null, an offset too`() throws {
        #expect(throws: OffsetTopicKey.Refusal.self) {
            try OffsetTopicKey(connector: "c", partition: Array("[1]".utf8))
        }
        #expect(throws: OffsetTopicKey.Refusal.self) { try OffsetTopicKey.offset(Array("7".utf8)) }
        #expect(try OffsetTopicKey.offset(Array("null".utf8)) == nil)
    }
}
