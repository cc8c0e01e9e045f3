/// Which incarnation of each of a producer's topics was seen last.
///
/// An entry of the metadata that tells of an error bears no id and says nothing about the incarnation: a topic that was deleted
/// is often missing for a while before it is there again, under another id and with epochs that begin anew.
struct TopicIncarnations {
    private struct Known {
        var id = MetadataSnapshot.TopicID.none
        /// The cluster did not have the topic when it was last asked.
        var isMissing = false
    }

    /// In the order of the topics' numbers.
    private var known: [Known] = []

    /// Takes the next topic in, with what is known of it so far.
    mutating func add(_ topic: MetadataSnapshot.Topic?) {
        known.append(Known())
        if let topic { _ = isMadeAnew(known.count - 1, topic) }
    }

    /// Takes an entry of the metadata in. Whether it is of another topic of the same name than the one before.
    ///
    /// Brokers without ids leave nothing to go by but that the topic was missing in between.
    mutating func isMadeAnew(_ number: Int, _ topic: MetadataSnapshot.Topic) -> Bool {
        guard known.indices.contains(number) else { return false }
        guard topic.errorCode == 0 else {
            if topic.errorCode == 3 { known[number].isMissing = true }
            return false
        }
        let old = known[number]
        known[number] = Known(id: topic.id)
        if old.id == .none || topic.id == .none { return old.isMissing }
        return topic.id != old.id
    }
}
