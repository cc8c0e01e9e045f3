/// What a consumer has for its application.
public enum ConsumerEvent: Sendable {
    /// Records of one partition.
    case records(FetchedChunk)
    /// These partitions came to those held already, with the offset at which each starts. Empty after a round that gave
    /// nothing new.
    case assigned([(partition: TopicPartition, offset: Int64)])
    /// These partitions are about to go: flush, commit, close them, then call `Consumer.finishRevocation()`. No records of
    /// them follow; the group waits.
    case revoking([TopicPartition])
    /// These partitions are gone already, and others may hold them: close them without a commit. The next poll says that
    /// this is done.
    case lost([TopicPartition])
    /// Something cannot go on. `partition` is nil where it is the whole consumer; else a seek revives the partition.
    case failed(ClientError, partition: TopicPartition?)
}
