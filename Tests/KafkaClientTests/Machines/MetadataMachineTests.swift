import Testing

@testable import KafkaClient

private func snapshot(
    _ topics: [(String, leader: Int32, epoch: Int32)], id: UInt64 = 1, brokers: [Int32] = [1, 2], error: Int16 = 0
) -> MetadataSnapshot {
    MetadataSnapshot(
        controllerID: 1,
        brokers: brokers.map { .init(id: $0, address: BrokerAddress(host: "b\($0)", port: 9092)) },
        topics: topics.map { name, leader, epoch in
            MetadataSnapshot.Topic(
                name: name, id: .init(high: 0, low: id), errorCode: error,
                partitions: error == 0 ? [.init(index: 0, leader: leader, leaderEpoch: epoch)] : [])
        })
}

@Suite struct MetadataMachineTests {
    private func machine(_ names: [String], now: UInt64 = second) -> MetadataMachine {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.interestAdded(names, allowsCreation: false, now: now)
        return machine
    }

    @Test func `topics are asked for once somebody needs them, one request at a time`() {
        var machine = machine(["b", "a"])
        #expect(machine.takeActions() == [.request(topics: ["a", "b"], allowsCreation: false)])
        machine.refreshWanted(now: second)
        #expect(machine.takeActions().isEmpty)
        machine.answered(snapshot([("a", 1, 0), ("b", 1, 0)]), errorCode: 0, now: second)
        #expect(machine.takeActions() == [.publish])
    }

    @Test func `a hint does not bring more than one round in the back-off time`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        _ = machine.takeActions()
        machine.refreshWanted(now: second)
        #expect(machine.takeActions().isEmpty)
        #expect(machine.nextDeadline() == second + 100_000_000)
        machine.timePassed(now: second + 100_000_000)
        #expect(machine.takeActions() == [.request(topics: ["a"], allowsCreation: false)])
    }

    @Test func `metadata is asked for anew when it is too old`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        _ = machine.takeActions()
        #expect(machine.nextDeadline() == 301 * second)
        machine.timePassed(now: 301 * second)
        #expect(machine.takeActions() == [.request(topics: ["a"], allowsCreation: false)])
    }

    @Test func `a topic whose name no broker can know is not waited for`() {
        var machine = machine([String(repeating: "z", count: 250), "a"])
        _ = machine.takeActions()
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        _ = machine.takeActions()
        #expect(machine.nextDeadline() == 301 * second)
    }

    @Test func `a missing topic is asked for again and again, more and more slowly`() throws {
        var machine = machine(["a"])
        _ = machine.takeActions()
        var now = second
        var waits: [UInt64] = []
        for _ in 0..<6 {
            machine.answered(snapshot([("a", 1, 0)], error: 3), errorCode: 0, now: now)
            _ = machine.takeActions()
            let next = try #require(machine.nextDeadline())
            waits.append(next - now)
            now = next
            machine.timePassed(now: now)
            #expect(machine.takeActions() == [.request(topics: ["a"], allowsCreation: false)])
        }
        #expect(try #require(waits.last) > 700_000_000)
    }

    @Test func `topics that may be created are asked for alone`() {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.interestAdded(["a"], allowsCreation: false, now: second)
        _ = machine.takeActions()
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        machine.interestAdded(["new"], allowsCreation: true, now: 2 * second)
        #expect(machine.takeActions().last == .request(topics: ["new"], allowsCreation: true))
        machine.answered(snapshot([("new", 1, 0)]), errorCode: 0, now: 2 * second)
        #expect(machine.snapshot.topics.map(\.name) == ["a", "new"])
    }

    @Test func `an answer about topics that may be created ages like any other`() {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.interestAdded(["a"], allowsCreation: true, now: second)
        #expect(machine.takeActions() == [.request(topics: ["a"], allowsCreation: true)])
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        #expect(machine.nextDeadline() == 301 * second)
    }

    @Test func `a topic that nobody creates keeps the others from being asked for no longer than a request`() throws {
        for wantsAll in [false, true] {
            var machine = machine(["a"])
            if wantsAll { machine.allTopicsWanted(true, now: second) }
            _ = machine.takeActions()
            machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
            if wantsAll { machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second) }
            machine.interestAdded(["new"], allowsCreation: true, now: 2 * second)
            _ = machine.takeActions()
            var requests: [MetadataMachine.Action] = []
            var now = 2 * second
            for _ in 0..<4 {
                let isAlone = requests.count % 2 == 0
                let answer = snapshot(isAlone ? [] : [("a", 1, 0)])
                machine.answered(answer, errorCode: 0, now: now)
                if case let actions = machine.takeActions(), let next = actions.last, next != .publish {
                    requests.append(next)
                } else {
                    now = try #require(machine.nextDeadline())
                    machine.timePassed(now: now)
                    requests += machine.takeActions()
                }
            }
            let rest = MetadataMachine.Action.request(topics: wantsAll ? nil : ["a", "new"], allowsCreation: false)
            let creation = MetadataMachine.Action.request(topics: ["new"], allowsCreation: true)
            #expect(requests == [rest, creation, rest, creation])
        }
    }

    @Test func `a topic may be created although somebody needs all topics`() {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.allTopicsWanted(true, now: second)
        #expect(machine.takeActions() == [.request(topics: nil, allowsCreation: false)])
        machine.answered(snapshot([("a", 1, 0), ("b", 1, 0)]), errorCode: 0, now: second)
        machine.interestAdded(["new"], allowsCreation: true, now: 2 * second)
        #expect(machine.takeActions().last == .request(topics: ["new"], allowsCreation: true))
        machine.answered(snapshot([("new", 1, 0)]), errorCode: 0, now: 2 * second)
        // What the answer does not speak of is as it was, and all is asked for at once.
        #expect(machine.snapshot.topics.map(\.name) == ["a", "b", "new"])
        #expect(machine.takeActions() == [.publish, .request(topics: nil, allowsCreation: false)])
    }

    @Test func `a topic that all topics lack for long is gone`() throws {
        var machine = machine(["a"])
        machine.allTopicsWanted(true, now: second)
        machine.answered(snapshot([("a", 1, 5), ("b", 1, 0)]), errorCode: 0, now: second)
        machine.timePassed(now: 2 * second)
        machine.answered(snapshot([("a", 1, 5), ("b", 1, 0)]), errorCode: 0, now: 2 * second)
        for (now, count) in [(3 * second, 1), (301 * second, 1), (303 * second, 0), (700 * second, 0)] {
            machine.refreshWanted(now: now)
            machine.answered(snapshot([("b", 1, 0)]), errorCode: 0, now: now)
            #expect(try #require(machine.snapshot.topic("a")).partitions.count == count, "at \(now / second) s")
        }
        #expect(machine.snapshot.topic("a")?.errorCode == 3)
    }

    @Test func `older leader epochs are not believed, equal ones are`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        machine.refreshWanted(now: 2 * second)
        machine.answered(snapshot([("a", 2, 4)]), errorCode: 0, now: 2 * second)
        #expect(machine.snapshot.leader(topic: "a", partition: 0)?.leader == 1)
        machine.refreshWanted(now: 3 * second)
        machine.answered(snapshot([("a", 2, 5)]), errorCode: 0, now: 3 * second)
        #expect(machine.snapshot.leader(topic: "a", partition: 0)?.leader == 2)
    }

    @Test func `a topic made anew starts with its own epochs`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        machine.refreshWanted(now: 2 * second)
        machine.answered(snapshot([("a", 2, 0)], id: 2), errorCode: 0, now: 2 * second)
        #expect(machine.snapshot.leader(topic: "a", partition: 0)?.leaderEpoch == 0)
    }

    @Test func `a broker that still tells of a topic that was made anew is not believed`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        for (id, now) in zip([2, 1, 3, 1, 2] as [UInt64], UInt64(2)...) {
            machine.refreshWanted(now: now * second)
            machine.answered(snapshot([("a", 2, 0)], id: id), errorCode: 0, now: now * second)
            #expect(machine.snapshot.topic("a")?.id.low == (now < 4 ? 2 : 3))
        }
    }

    @Test func `a topic whose former id was heard last is believed again after a while`() {
        var machine = machine(["a"])
        for (id, now, believed) in [(2, 1, 2), (1, 2, 1), (2, 3, 1), (2, 31, 1), (2, 33, 2), (1, 34, 2)]
            as [(UInt64, UInt64, UInt64)]
        {
            machine.refreshWanted(now: now * second)
            machine.answered(snapshot([("a", 2, 0)], id: id), errorCode: 0, now: now * second)
            #expect(machine.snapshot.topic("a")?.id.low == believed, "after \(now) s")
        }
    }

    @Test func `a brief error does not make a topic vanish, a long one does`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        machine.refreshWanted(now: 2 * second)
        machine.answered(snapshot([("a", 1, 5)], error: 3), errorCode: 0, now: 2 * second)
        #expect(machine.snapshot.topic("a")?.partitions.count == 1)
        machine.refreshWanted(now: 400 * second)
        machine.answered(snapshot([("a", 1, 5)], error: 3), errorCode: 0, now: 400 * second)
        #expect(machine.snapshot.topic("a")?.partitions.count == 0)
    }

    @Test func `a topic that is kept though it is missing is made anew for whom it may be created, and no other is`() {
        var machine = MetadataMachine(configuration: .init(), seed: 1)
        machine.interestAdded(["a"], allowsCreation: true, now: second)
        machine.interestAdded(["b"], allowsCreation: false, now: second)
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        machine.timePassed(now: second)
        machine.answered(snapshot([("a", 1, 5), ("b", 1, 5)]), errorCode: 0, now: second)
        _ = machine.takeActions()
        machine.refreshWanted(now: 2 * second)
        machine.answered(snapshot([("a", 1, 5), ("b", 1, 5)], error: 3), errorCode: 0, now: 2 * second)
        #expect(machine.snapshot.topics.map(\.isMissing) == [true, true])
        #expect(machine.snapshot.topics.map(\.partitions.count) == [1, 1])
        _ = machine.takeActions()
        machine.timePassed(now: 4 * second)
        #expect(machine.takeActions() == [.request(topics: ["a"], allowsCreation: true)])
        machine.answered(snapshot([("a", 1, 0)], id: 2), errorCode: 0, now: 4 * second)
        #expect(machine.snapshot.topic("a")?.isMissing == false)
        #expect(machine.snapshot.leader(topic: "a", partition: 0)?.leaderEpoch == 0)
    }

    @Test func `an answer without brokers counts as none`() {
        var machine = machine(["a"])
        _ = machine.takeActions()
        machine.answered(snapshot([("a", 1, 0)], brokers: []), errorCode: 0, now: second)
        #expect(machine.takeActions().isEmpty)
        #expect(machine.snapshot.brokers.isEmpty)
    }

    @Test func `without a node to ask it starts over from the bootstrap servers`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        _ = machine.takeActions()
        machine.noNodeAvailable(now: 2 * second)
        #expect(machine.takeActions() == [.rebootstrap(closesConnections: false)])
    }

    @Test func `after five minutes without an answer all connections are made anew`() throws {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 0)]), errorCode: 0, now: second)
        machine.refreshWanted(now: 2 * second)
        _ = machine.takeActions()
        var now = 2 * second
        var rebootstraps = 0
        while now < 303 * second {
            machine.timePassed(now: now)
            machine.requestFailed(now: now)
            for action in machine.takeActions() where action == .rebootstrap(closesConnections: true) {
                rebootstraps += 1
                #expect(now >= 302 * second)
            }
            now = max(try #require(machine.nextDeadline()), now + second / 2)
        }
        #expect(rebootstraps == 1)
    }

    @Test func `a broker that asks for it is obeyed`() {
        var machine = machine(["a"])
        _ = machine.takeActions()
        machine.answered(snapshot([]), errorCode: 129, now: second)
        #expect(machine.takeActions() == [.rebootstrap(closesConnections: true)])
    }

    @Test func `a newer leader is taken with its address, an older one or one without is not`() {
        var machine = machine(["a"])
        machine.answered(snapshot([("a", 1, 5)]), errorCode: 0, now: second)
        let third = MetadataSnapshot.Broker(id: 3, address: BrokerAddress(host: "b3", port: 1))
        let isNews = [(Int32(6), []), (5, [third]), (6, [third])].map { epoch, endpoints in
            machine.leaderHinted(topic: "a", partition: 0, leader: 3, epoch: epoch, endpoints: endpoints)
        }
        #expect(isNews == [false, false, true])
        #expect(machine.snapshot.leader(topic: "a", partition: 0)?.leader == 3)
        #expect(machine.snapshot.brokers.map(\.id) == [1, 2, 3])
    }

    @Test func `interest is counted`() {
        var machine = machine(["a"])
        machine.interestAdded(["a"], allowsCreation: true, now: second)
        machine.interestRemoved(["a"], allowsCreation: false)
        #expect(machine.interests.map(\.name) == ["a"])
        machine.interestRemoved(["a"], allowsCreation: true)
        #expect(machine.interests.isEmpty)
    }
}
