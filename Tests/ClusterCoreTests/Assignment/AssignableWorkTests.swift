import ClusterCore
import Testing

@Suite struct AssignableWorkTests {
    @Test func `names that Unicode takes for the same are two connectors, in Java's order`() {
        let work = AssignableWork(
            configOffset: 1,
            connectors: ["caf\u{e9}", "cafe\u{301}", "b"].map { .init(name: $0, taskCount: 1) })
        #expect(
            work.connectors.map { Array($0.name.utf8) } == ["b", "cafe\u{301}", "caf\u{e9}"].map { Array($0.utf8) })
    }

    @Test func `of two connectors of one name the first counts`() {
        let work = AssignableWork(
            configOffset: 1, connectors: [.init(name: "a", taskCount: 1), .init(name: "a", taskCount: 2)])
        #expect(work.connectors.map(\.taskCount) == [1])
    }
}
