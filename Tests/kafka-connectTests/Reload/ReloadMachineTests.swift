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
        #expect(machine.wanted() == [.begin])
        #expect(machine.ended() == [.tellReady])
        #expect(machine.wanted() == [.begin])
    }

    @Test func `during the start it waits for READY, however often it is asked for`() {
        var machine = ReloadMachine()
        #expect(machine.wanted() == [.postpone])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.started() == [.tellReady, .begin])
        #expect(machine.ended() == [.tellReady])
        #expect(machine.ended() == [])
    }

    @Test func `during another it follows that one, once`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.wanted() == [.postpone])
        #expect(machine.ended() == [.tellReady, .begin])
        #expect(machine.ended() == [.tellReady])
    }

    @Test func `a worker that stops neither reloads nor says that it is ready`() {
        var machine = ready()
        #expect(machine.wanted() == [.begin])
        machine.stopping()
        #expect(machine.ended() == [])
        #expect(machine.wanted() == [.ignore])
        var early = ReloadMachine()
        #expect(early.wanted() == [.postpone])
        early.stopping()
        #expect(early.started() == [])
    }
}
