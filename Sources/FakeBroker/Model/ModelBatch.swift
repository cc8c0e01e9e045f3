/// A record batch as the model of a broker stores it: numbers that decide, and one number in place of the bytes.
package struct ModelBatch: Sendable, Equatable {
    /// Set by the log when it is appended.
    package var baseOffset: Int64 = -1
    package var recordCount: Int32
    /// -1 without idempotence.
    package var producerID: Int64
    package var producerEpoch: Int16
    package var baseSequence: Int32
    /// Epoch of the leader that appended it.
    package var leaderEpoch: Int32 = -1
    /// Names the content; the model only keeps it.
    package var payload: Int
    /// Bytes that it takes in a request, where there are real ones; 0 where the model makes up a size.
    package var size: Int

    package init(
        recordCount: Int32, producerID: Int64 = -1, producerEpoch: Int16 = -1, baseSequence: Int32 = -1, payload: Int,
        size: Int = 0
    ) {
        self.recordCount = recordCount
        self.producerID = producerID
        self.producerEpoch = producerEpoch
        self.baseSequence = baseSequence
        self.payload = payload
        self.size = size
    }

    /// The offset after its last record.
    package var nextOffset: Int64 { baseOffset + Int64(recordCount) }

    /// Sequence of its last record; sequences wrap from 2³¹-1 to 0.
    package var lastSequence: Int32 { (baseSequence &+ recordCount &- 1) & .max }
}
