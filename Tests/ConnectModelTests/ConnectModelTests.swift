import ConnectModel
import Testing

@Suite struct RecordLayoutTests {
    @Test func `values and records keep the sizes that the plugin ABI froze`() {
        #expect(MemoryLayout<Value>.size == 16 && MemoryLayout<Value>.alignment == 8)
        #expect(MemoryLayout<ConnectRecord>.size == 96)
        #expect(MemoryLayout<RecordHeader>.size == 40)
    }

    @Test func `a value never lends more than its kind allows`() {
        let number = Value(tag: ValueKind.int64.rawValue, length: 1000, bits: 16)
        #expect(number.buffer.isEmpty)
        #expect(number.children.isEmpty)
        #expect(Value(tag: 200, length: 5, bits: 16).kind == nil)
        #expect(Value.string(nil, -5).buffer.isEmpty)
    }
}

@Suite struct ConfigMapTests {
    @Test func `keys keep their order and the later value wins`() {
        var map = ConfigMap([("b", "1"), ("a", "2"), ("b", "3")])
        #expect(map.entries.map(\.key) == ["b", "a"])
        #expect(map["b"] == "3")
        map.remove("b")
        #expect(map["a"] == "2" && !map.contains("b"))
        #expect(map.keyDescription == "{a}")
    }

    @Test func `maps are equal by their bytes, in any order`() {
        let map = ConfigMap([("file", "/\u{E9}"), ("topic", nil)])
        #expect(map == ConfigMap([("topic", nil), ("file", "/\u{E9}")]))
        #expect(map != ConfigMap([("file", "/e\u{301}"), ("topic", nil)]))
        #expect(map != ConfigMap([("file", "/\u{E9}"), ("topic", "")]))
        #expect(map != ConfigMap([("file", "/\u{E9}"), ("other", nil)]))
    }

    @Test func `many keys are taken out at once, and what stays keeps its order`() {
        var map = ConfigMap([("a", "1"), ("b", nil), ("c", "3"), ("d", "4")])
        map.remove(["a", "c", "none"])
        #expect(map.entries.map(\.key) == ["b", "d"] && map["d"] == "4" && map.contains("b") && !map.contains("c"))
        map.set("d", "5")
        #expect(map.count == 2 && map["d"] == "5")
    }

    @Test func `a prefix is taken off the keys that have it`() {
        let map = ConfigMap([("producer.override.linger.ms", "5"), ("topic", "t")])
        #expect(map.removingPrefix("producer.override.") == ConfigMap([("linger.ms", "5")]))
    }
}

@Suite struct ByteArenaTests {
    @Test func `addresses stay apart until the reset, which keeps the largest block`() {
        let arena = ByteArena()
        let first = arena.allocate(10)
        let second = arena.allocate(10)
        #expect(second - first == 16)
        _ = arena.allocate(1 << 20)
        let grown = arena.capacity
        arena.reset()
        #expect(arena.capacity == 1 << 20 && grown > 1 << 20)
    }
}

@Suite struct SessionKeyTests {
    @Test func `no description of a key shows its secret`() {
        let key = SessionKey(base64: "c2VjcmV0", algorithm: "HmacSHA256", createdAt: 7)
        let view = ClusterView(leaderURL: nil, isLeader: true, protocolVersion: 2, sessionKey: key)
        var dumped = ""
        dump(view, to: &dumped)
        for text in ["\(key)", "\(view)", String(reflecting: view), dumped] {
            #expect(!text.contains("c2VjcmV0") && text.contains("HmacSHA256"))
        }
    }
}
