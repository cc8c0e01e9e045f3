import ConnectModel
import Testing

/// Names that are the same to Swift's `String` and not to Java's.
@Suite struct ExactTextTests {
    private let one = "caf\u{E9}"
    private let other = "cafe\u{301}"

    @Test func `what Unicode takes for the same is two keys`() {
        #expect(one == other)
        #expect(!one.isExactly(other) && one.isExactly("caf\u{E9}"))
        #expect(ExactText(one) != ExactText(other))
        #expect(Set([one, other, one].map { ExactText($0) }).count == 2)
        #expect(ExactText(one).hashValue == ExactText("caf\u{E9}").hashValue)
    }

    @Test func `the order is that of Java's compareTo`() {
        let sorted = [
            "", "A", "Z", "Za", "a", "e", "e\u{301}", "f", "\u{E9}", "\u{D7FF}", "\u{10000}", "\u{1F600}", "\u{10FFFF}",
            "\u{E000}",
            "\u{EFFF}", "\u{F000}", "\u{FFFD}", "\u{FFFD}a",
        ]
        for (at, text) in sorted.enumerated() {
            for (to, other) in sorted.enumerated() {
                #expect(text.precedesExactly(other) == (at < to), "\(text) and \(other)")
                // By code units, which is what Java compares.
                #expect(text.precedesExactly(other) == text.utf16.lexicographicallyPrecedes(other.utf16))
            }
        }
        #expect(sorted.shuffled().map { ExactText($0) }.sorted().map(\.text) == sorted)
    }

    @Test func `tasks of two such connectors are two`() {
        let tasks = [TaskID(connector: one, number: 0), TaskID(connector: other, number: 0)]
        #expect(tasks[0] != tasks[1])
        #expect(Set(tasks).count == 2)
        #expect(tasks[1] < tasks[0] && !(tasks[0] < tasks[1]))
        #expect(TaskID(connector: other, number: 7) < tasks[0])
        #expect(TaskID(connector: one, number: 0) < TaskID(connector: one, number: 1))
    }

    @Test func `a picture has both`() {
        let connectors = [other, one].enumerated().map { number, name in
            WorkerSnapshot.Connector(
                info: ConnectorInfo(name: name, config: ConfigMap([("n", "\(number)")]), tasks: [], kind: .source),
                status: nil,
                taskConfigs: [], activeTopics: [])
        }
        let stages = [other, one].map { Stage(description: $0, began: 0, connector: $0) }
        let snapshot = WorkerSnapshot(
            isReady: true, isStopping: false, stage: stages[1], kafkaClusterID: nil, connectors: connectors,
            stages: stages)
        #expect(snapshot.connector(other)?.info.config["n"] == "0")
        #expect(snapshot.connector(one)?.info.config["n"] == "1")
        #expect(snapshot.stage(for: other)?.description.utf8.count == other.utf8.count)
    }
}
