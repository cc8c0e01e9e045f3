import Testing

@testable import kafka_connect

@Suite struct ReloadMachineTests {
    private func ready() -> ReloadMachine {
        var machine = ReloadMachine()
        #expect(machine.started() == [.tellReady])
        return machine
    }

    @Test func `a reload begins at once and ends with READY`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin(1)])
        #expect(machine.isUnderWay(1))
        #expect(machine.over(1) == [.tellReady])
        #expect(!machine.isUnderWay(1))
        #expect(machine.wanted() == [.begin(2)])
    }

    @Test func `during the start it waits for READY, however often it is asked for`() {
        var machine = ReloadMachine()
        #expect(machine.wanted() == [.postpone])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.started() == [.tellReady, .begin(1)])
        #expect(machine.over(1) == [.tellReady])
        #expect(machine.over(1) == [])
    }

    @Test func `during another it follows that one, once`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin(1)])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.over(1) == [.tellReady, .begin(2)])
        #expect(machine.over(2) == [.tellReady])
    }

    @Test func `one that is given up and ends late ends no other`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin(1)])
        #expect(machine.over(1) == [.tellReady], "its time is up")
        #expect(machine.isLast(1))
        #expect(machine.wanted() == [.begin(2)])
        #expect(machine.over(1) == [], "it comes to its end after all")
        #expect(!machine.isLast(1) && machine.isUnderWay(2))
        #expect(machine.over(2) == [.tellReady])
    }

    @Test func `a worker that stops neither reloads nor says that it is ready`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin(1)])
        machine.stopping()
        #expect(machine.over(1) == [])
        #expect(machine.wanted() == [.ignore])
        var early = ReloadMachine()
        #expect(early.wanted() == [.postpone])
        early.stopping()
        #expect(early.started() == [])
    }
}
