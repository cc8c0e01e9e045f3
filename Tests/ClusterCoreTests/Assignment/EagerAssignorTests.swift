import ClusterCore
import ConnectModel
import Testing

@Suite struct EagerAssignorTests {
    @Test func `connectors go round, then tasks go on from there`() {
        let result = EagerAssignor.assign(
            [member("m2"), member("m1", holds: work("Z"))], work: configured("B:1 A:3"))
        #expect(result.shares.map(\.memberID) == ["m1", "m2"])
        #expect(result.shares.map { text($0.assigned) } == ["A A-0 A-2", "B B-0 A-1"])
        #expect(result.shares.allSatisfy { $0.revoked.isEmpty } && result.delay == 0)
    }

    @Test func `an odd number of connectors shifts the tasks`() {
        let result = EagerAssignor.assign([member("m1"), member("m2")], work: configured("A:1 B:1 C:1"))
        #expect(result.shares.map { text($0.assigned) } == ["A C B-0", "B A-0 C-0"])
    }

    @Test func `owners are known by connector and by task`() {
        let owners = EagerAssignor.assign([member("m1"), member("m2")], work: configured("A:2")).owners
        #expect(owners.owner(ofConnector: "A")?.url == "http://m1:8083/")
        #expect(owners.owner(of: TaskID(connector: "A", number: 0))?.memberID == "m2")
        #expect(owners.owner(of: TaskID(connector: "A", number: 1))?.memberID == "m1")
        #expect(owners.owner(ofConnector: "B") == nil && owners.owner(of: TaskID(connector: "A", number: 2)) == nil)
    }

    @Test func `nobody gets nothing, and inconsistent connectors have no tasks`() {
        #expect(EagerAssignor.assign([], work: configured("A:2")).shares.isEmpty)
        #expect(text(EagerAssignor.assign([member("m")], work: configured("A:0")).shares[0].assigned) == "A")
    }

    @Test func `work is sorted, each connector once, without negative numbers of tasks`() {
        let work = AssignableWork(
            configOffset: 4,
            connectors: [
                .init(name: "b", taskCount: -3), .init(name: "a", taskCount: 2), .init(name: "a", taskCount: 9),
            ])
        #expect(work.connectors.map { "\($0.name):\($0.taskCount)" } == ["a:2", "b:0"])
        #expect(text(work.all) == "a b a-0 a-1")
    }
}
