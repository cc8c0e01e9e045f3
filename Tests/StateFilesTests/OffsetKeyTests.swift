import JSON
import Testing

@testable import StateFiles

@Suite struct OffsetKeyTests {
    private func key(_ connector: String, _ partition: String) throws -> OffsetKey {
        try OffsetEntry.partition(Array(partition.utf8), of: connector).key
    }

    @Test(arguments: [
        (#"{"a":1,"b":{"c":2,"d":3}}"#, #"{ "b" : {"d":3,"c":2}, "a" : 1 }"#),
        (#"{"a":"\u00e9\/"}"#, #"{"a":"é/"}"#),
        (#"{"a":1.50}"#, #"{"a":1.5}"#),
    ])
    func `JSON that means the same is the same partition`(left: String, right: String) throws {
        #expect(try key("c", left) == key("c", right))
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":1.0}"#), (#"{"a":1}"#, #"{"a":"1"}"#), (#"{"a":[1,2]}"#, #"{"a":[2,1]}"#),
        (#"{"a":"\u00e9"}"#, #"{"a":"e\u0301"}"#), ("{}", "null"),
    ])
    func `JSON that means something else is another partition`(left: String, right: String) throws {
        #expect(try key("c", left) != key("c", right))
    }

    @Test func `connectors do not share partitions`() throws {
        #expect(try key("a", "{}") != key("b", "{}"))
    }

    @Test(arguments: [
        (#"["a",{"b": 1}]"#, "a", #"{"b": 1}"#), (#"["a\"],b",null]"#, "a\"],b", "null"),
        (#"[ "a" , {"b":1} ]"#, "a", #"{"b":1}"#), (#"["\u00fc\\",{"x":"]"}]"#, "ü\\", #"{"x":"]"}"#),
    ])
    func `a key falls into connector and the partition's own bytes`(
        key: String, connector: String, partition: String
    ) throws {
        let parts = try OffsetEntry.key(Array(key.utf8))
        #expect(parts.connector == connector)
        #expect(String(decoding: parts.partition, as: UTF8.self) == partition)
    }

    @Test func `white space of several lines never reaches the file`() throws {
        #expect(try OffsetEntry.offset(Array("{\n\"p\":\t1}".utf8)) == Array(#"{"p":1}"#.utf8))
    }
}
