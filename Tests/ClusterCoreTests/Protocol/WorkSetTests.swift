import ClusterCore
import ConnectModel
import Testing

@Suite struct WorkSetTests {
    @Test func `work is grouped by connector, in the order of its coming, each once`() {
        let set = work("B-1 A B-0 A-3 B B-1 A A-1")
        #expect(set.entries.map(\.connector) == ["B", "A"])
        #expect(set.connectorNames == ["B", "A"])
        #expect(set.tasks.map(\.description) == ["B-1", "B-0", "A-3", "A-1"])
        #expect(set.connectorCount == 2 && set.taskCount == 4)
        #expect(text(set.sorted()) == "A B A-1 A-3 B-0 B-1")
        #expect(set == WorkSet(connectors: set.connectorNames, tasks: set.tasks))
    }

    @Test func `a connector and its tasks are told apart`() {
        let set = work("A B-0")
        #expect(set.contains(connector: "A") && !set.contains(connector: "B") && !set.contains(connector: "C"))
        #expect(set.contains(TaskID(connector: "B", number: 0)))
        #expect(!set.contains(TaskID(connector: "A", number: 0)) && !set.contains(TaskID(connector: "B", number: 1)))
        #expect(WorkSet().isEmpty && !set.isEmpty)
    }

    @Test func `adding tells whether it was new`() {
        var set = WorkSet()
        #expect(set.insert(connector: "A") == true && set.insert(connector: "A") == false)
        let task = TaskID(connector: "A", number: 7)
        #expect(set.insert(task) == true && set.insert(task) == false)
    }

    @Test func `a union puts what is new behind`() {
        #expect(text(work("B-2 A").union(work("C A A-1 B-1 B-2"))) == "A C B-2 B-1 A-1")
        #expect(work("A").union(WorkSet()) == work("A"))
    }

    @Test func `a difference keeps order and drops connectors of which nothing is left`() {
        let set = work("B B-2 B-1 A A-0 C-0")
        #expect(text(set.subtracting(work("B B-2 A A-0"))) == "B-1 C-0")
        #expect(set.subtracting(work("B B-2 A A-0")).entries.map(\.connector) == ["B", "C"])
        #expect(text(set.subtracting(work("A"))) == "B B-2 B-1 A-0 C-0")
        #expect(set.subtracting(set).isEmpty && set.subtracting(WorkSet()) == set)
    }

    @Test func `an intersection keeps the order of the first`() {
        #expect(text(work("B B-2 B-1 A A-0").intersection(work("A-0 B-1 B-2 C"))) == "B-2 B-1 A-0")
        #expect(work("A B-0").isDisjoint(with: work("A-0 B")) && !work("A").isDisjoint(with: work("A")))
        #expect(work("A").intersection(WorkSet()).isEmpty)
    }

    @Test func `every operation agrees with sets of words`() {
        var generator = SeededGenerator(seed: 5)
        func random() -> [String] {
            (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                let name = ["A", "B", "C"].randomElement(using: &generator) ?? ""
                let number = Int.random(in: -1...4, using: &generator)
                return number < 0 ? name : "\(name)-\(number)"
            }
        }
        func words(_ set: WorkSet) -> Set<String> { Set(text(set).split(separator: " ").map(String.init)) }
        for _ in 0..<500 {
            let (left, right) = (random(), random())
            let (a, b) = (work(left.joined(separator: " ")), work(right.joined(separator: " ")))
            #expect(words(a) == Set(left))
            #expect(words(a.union(b)) == Set(left + right))
            #expect(words(a.subtracting(b)) == Set(left).subtracting(right))
            #expect(words(a.intersection(b)) == Set(left).intersection(right))
            #expect(a.isDisjoint(with: b) == Set(left).isDisjoint(with: right))
            #expect(words(a.sorted()) == Set(left))
            for number in Int32(0)...4 {
                #expect(a.contains(TaskID(connector: "B", number: number)) == left.contains("B-\(number)"))
            }
        }
    }

    @Test func `a connector with very many tasks in the worst order is no burden`() {
        let tasks = (0..<Int32(50_000)).reversed().map { TaskID(connector: "c", number: $0) }
        let set = WorkSet(tasks: tasks)
        #expect(set.taskCount == 50_000)
        #expect(set.subtracting(set.sorted()).isEmpty)
        #expect(set.intersection(WorkSet(tasks: [TaskID(connector: "c", number: 4)])).taskCount == 1)
    }

    @Test func `connectors that Unicode takes for the same are two`() {
        let (one, other) = ("\u{E9}", "e\u{301}")
        var set = WorkSet(connectors: [one], tasks: [TaskID(connector: other, number: 0)])
        #expect(set.contains(connector: one) && !set.contains(connector: other))
        #expect(set.hasTasks(of: other) && !set.hasTasks(of: one))
        #expect(set.subtracting(WorkSet(connectors: [other], tasks: [])) == set)
        #expect(WorkSet(connectors: [one], tasks: []) != WorkSet(connectors: [other], tasks: []))
        set.insert(connector: other)
        #expect(set.connectorCount == 2)
        #expect(set.sorted().entries.map(\.connector.utf8.count) == [3, 2])
    }
}
