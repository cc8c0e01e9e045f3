import ClusterCore
import Testing

@Suite struct SortedTableTests {
    @Test func `keys are found and walked in order whatever the order of their coming`() {
        var table = SortedTable<Int, String>()
        for key in [5, 1, 4, 2, 3, 1] { table[key] = "v\(key)" }
        #expect(table.keys == [1, 2, 3, 4, 5])
        #expect(table[4] == "v4" && table[6] == nil)
        table[4] = nil
        table[9] = nil
        #expect(table.values == ["v1", "v2", "v3", "v5"])
        table[7, default: "new"] += "!"
        table[1, default: "new"] += "!"
        #expect(table[7] == "new!" && table[1] == "v1!")
        #expect(table.count == 5)
    }

    @Test func `texts that Unicode takes for the same are two keys, in Java's order`() {
        var table = SortedTable<String, Int>()
        for (number, key) in ["\u{E000}", "\u{E9}", "\u{1F600}", "e\u{301}"].enumerated() { table[key] = number }
        #expect(table.values == [3, 1, 2, 0])
        table["\u{E9}"] = nil
        #expect(table["e\u{301}"] == 3 && table["\u{E9}"] == nil)
    }
}
