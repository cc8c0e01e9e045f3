import ConnectModel
import Testing

@testable import TaskRuntime

struct SinkOffsetsTests {
    private let a = TopicPartition(topic: "t", partition: 0)
    private let b = TopicPartition(topic: "t", partition: 1)
    private let foreign = TopicPartition(topic: "x", partition: 0)

    private func at(_ partition: TopicPartition, _ offset: Int64) -> TopicPartitionOffset {
        TopicPartitionOffset(partition, offset)
    }

    private func started() -> SinkOffsets {
        var offsets = SinkOffsets()
        offsets.assign([at(b, 20), at(a, 10)])
        offsets.put(a, upTo: 15)
        offsets.put(b, upTo: 22)
        return offsets
    }

    @Test func `candidates are what was put, in order`() {
        let offsets = started()
        #expect(offsets.candidates() == [at(a, 15), at(b, 22)])
        #expect(offsets.candidates([b, foreign]) == [at(b, 22)])
        #expect(offsets.partitions == [a, b])
    }

    @Test func `an empty answer commits nothing`() {
        let offsets = started()
        let plan = offsets.plan(requested: offsets.candidates(), answer: [])
        #expect(plan == SinkOffsets.Plan())
    }

    @Test func `a partition left out keeps its last commit`() {
        let offsets = started()
        let plan = offsets.plan(requested: offsets.candidates(), answer: [at(b, 21)])
        #expect(plan.commit == [at(a, 10), at(b, 21)])
        #expect(plan.ignored.isEmpty)
    }

    @Test func `offsets beyond what was put, or of strangers, are ignored`() {
        let offsets = started()
        let requested = offsets.candidates([a])
        let plan = offsets.plan(requested: requested, answer: [at(a, 16), at(b, 21), at(foreign, 1), at(a, -1)])
        #expect(plan.commit == nil)
        #expect(
            plan.ignored.map(\.reason) == [
                .notYetPut(current: 15), .notRequested, .notAssigned, .notYetPut(current: 15),
            ])
    }

    @Test func `what the group has already is not committed again`() {
        var offsets = started()
        let first = offsets.plan(requested: offsets.candidates(), answer: offsets.candidates())
        #expect(first.commit == [at(a, 15), at(b, 22)])
        offsets.committed(first.commit ?? [])
        let second = offsets.plan(requested: offsets.candidates(), answer: offsets.candidates())
        #expect(second.commit == nil)
    }

    @Test func `a task may commit less than before`() {
        var offsets = started()
        offsets.committed([at(a, 15)])
        let plan = offsets.plan(requested: offsets.candidates([a]), answer: [at(a, 12)])
        #expect(plan.commit == [at(a, 12)])
    }

    @Test func `a rewind goes back to the last commit`() {
        var offsets = started()
        offsets.committed([at(b, 21)])
        let seeks = offsets.rewind()
        #expect(seeks == [at(a, 10), at(b, 21)])
        #expect(offsets.candidates() == seeks)
    }

    @Test func `a log that begins anew leaves no place of the old one to go back to or to commit`() {
        var offsets = started()
        let begun = [offsets.begin(a, at: 15), offsets.begin(foreign, at: 0), offsets.begin(a, at: 0)]
        #expect(begun == [false, false, true])
        // Before anything of the new one was put, too.
        let seeks = offsets.rewind()
        #expect(seeks == [at(a, 0), at(b, 20)])
        offsets.put(a, upTo: 3)
        let goesOn = offsets.begin(a, at: 3)
        #expect(!goesOn)
        offsets.put(b, upTo: 22)
        #expect(offsets.plan(requested: offsets.candidates(), answer: [at(b, 22)]).commit == [at(a, 0), at(b, 22)])
        // The group has another one, though it is where the new log begins.
        let plan = offsets.plan(requested: offsets.candidates(), answer: [at(a, 0)])
        #expect(plan.commit == [at(a, 0), at(b, 20)])
        offsets.committed([at(a, 0)])
        #expect(offsets.plan(requested: offsets.candidates(), answer: [at(a, 0)]).commit == nil)
    }

    @Test func `a seek of the plugin moves both and leaves strangers out`() {
        var offsets = started()
        let seeks = offsets.seek([at(a, 3), at(foreign, 1), at(b, -5)])
        #expect(seeks == [at(a, 3)])
        #expect(offsets.candidates() == [at(a, 3), at(b, 22)])
        let plan = offsets.plan(requested: offsets.candidates(), answer: [at(a, 3)])
        #expect(plan.commit == nil)
    }

    @Test func `partitions that are gone are forgotten`() {
        var offsets = started()
        offsets.forget([a, foreign])
        #expect(offsets.partitions == [b])
        offsets.put(a, upTo: 99)
        #expect(offsets.candidates() == [at(b, 22)])
    }
}
