import ClusterCore
import ConnectModel
import Testing

@Suite struct OffsetRecordTests {
    private func utf8(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func `a key is built around the partition's own bytes`() {
        let key = OffsetKey(connector: "src", partition: utf8(#"{"db":"a", "table":"b"}"#))
        #expect(key.bytes == utf8(#"["src",{"db":"a", "table":"b"}]"#))
        #expect(OffsetKey(connector: "a\"b", partition: utf8("null")).bytes == utf8(#"["a\"b",null]"#))
    }

    @Test(arguments: [
        (#"["src",{"table":"orders"}]"#, "src", #"{"table":"orders"}"#),
        (#"["src",null]"#, "src", "null"),
        (#" [ "s\u0072c" , { "a" : [ 1 , {} ] } ] "#, "src", #"{ "a" : [ 1 , {} ] }"#),
        (#"["src",{"b":"x]","a":1.50}]"#, "src", #"{"b":"x]","a":1.50}"#),
        (#"["src",{}]"#, "src", "{}"),
    ])
    func `a key is split without touching the partition`(text: String, connector: String, partition: String) {
        let key = OffsetKey(utf8(text))
        #expect(key?.connector == connector)
        #expect(key.map { String(decoding: $0.partition, as: UTF8.self) } == partition)
        #expect(key?.bytes == utf8(text), "what was read is what is looked up")
    }

    @Test func `a key that was built is read to the same`() {
        let key = OffsetKey(connector: "ü \u{1F600}", partition: utf8(#"{"a":null}"#))
        #expect(OffsetKey(key.bytes) == key)
    }

    @Test(arguments: [
        "", "null", "{}", "[]", #"["src"]"#, #"["src",{}"#, #"["src",{},1]"#, #"["src",{}] x"#, "[1,{}]",
        #"["src",[]]"#, #"["src","x"]"#, #"["src",5]"#, #"["src",{"a"}]"#, #"["src",nul]"#, "[",
    ])
    func `keys that are none are left out`(text: String) {
        #expect(OffsetKey(utf8(text)) == nil)
        #expect(OffsetRecord(key: utf8(text), value: utf8("{}")) == nil)
    }

    @Test func `a record keeps its offset, and none is removal`() {
        let key = utf8(#"["src",{"p":1}]"#)
        let record = OffsetRecord(key: key, value: utf8(#"{"pos": 42}"#))
        #expect(record?.key.connector == "src" && record?.offset == utf8(#"{"pos": 42}"#))
        #expect(record?.entry == LogEntry(key: key, value: utf8(#"{"pos": 42}"#)))
        #expect(OffsetRecord(key: key, value: nil)?.offset == nil)
        #expect(OffsetRecord(key: key, value: [])?.offset == nil)
        #expect(OffsetRecord(key: nil, value: nil) == nil)
    }
}
