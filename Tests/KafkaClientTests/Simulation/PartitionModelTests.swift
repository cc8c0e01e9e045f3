import FakeBroker
import Testing

/// The model must say what a 4.3.1 broker was seen to say to idempotent batches.
@Suite struct PartitionModelTests {
    private func batch(
        _ sequence: Int32, _ count: Int32 = 1, id: Int64 = 9, epoch: Int16 = 0, payload: Int = 0
    ) -> ModelBatch {
        ModelBatch(
            recordCount: count, producerID: id, producerEpoch: epoch, baseSequence: sequence, payload: payload)
    }

    private func partition(filledTo count: Int32) -> PartitionModel {
        var partition = PartitionModel(leader: 0)
        for sequence in 0..<count { _ = partition.append(batch(sequence)) }
        return partition
    }

    @Test func `an exact repeat of one of the last five batches gives its old offset`() {
        var partition = partition(filledTo: 7)
        for sequence in Int32(2)..<7 {
            #expect(partition.append(batch(sequence)) == .duplicate(baseOffset: Int64(sequence)))
        }
    }

    @Test func `an older repeat, an overlap and a gap give 45`() {
        var partition = partition(filledTo: 7)
        #expect(partition.append(batch(1)) == .refused(errorCode: 45))
        #expect(partition.append(batch(6, 2)) == .refused(errorCode: 45))
        #expect(partition.append(batch(8)) == .refused(errorCode: 45))
    }

    @Test func `a higher epoch must begin at 0, a lower one gives 47`() {
        var partition = partition(filledTo: 3)
        #expect(partition.append(batch(3, epoch: 1)) == .refused(errorCode: 45))
        #expect(partition.append(batch(0, epoch: 4)) == .appended(baseOffset: 3))
        #expect(partition.append(batch(3)) == .refused(errorCode: 47))
    }

    @Test func `an unknown id may begin anywhere`() {
        var partition = partition(filledTo: 1)
        #expect(partition.append(batch(500, id: 10)) == .appended(baseOffset: 1))
    }

    @Test func `sequences wrap`() {
        var partition = PartitionModel(leader: 0)
        #expect(partition.append(batch(.max - 1, 3)) == .appended(baseOffset: 0))
        #expect(partition.append(batch(1)) == .appended(baseOffset: 3))
    }

    @Test func `an election keeps what was replicated and forgets the rest, in the producers' state too`() {
        var partition = partition(filledTo: 4)
        partition.replicate(to: 2)
        partition.elect(1)
        #expect(partition.endOffset == 2)
        #expect(partition.leaderEpoch == 1)
        #expect(partition.append(batch(1)) == .duplicate(baseOffset: 1))
        #expect(partition.append(batch(3)) == .refused(errorCode: 45))
        #expect(partition.append(batch(2)) == .appended(baseOffset: 2))
    }
}
