/// A member of the workers' group as its leader sees it.
package struct GroupMember: Sendable, Equatable {
    /// The id that the coordinator gave it.
    package let id: String
    package let metadata: WorkerMetadata

    /// A member.
    package init(id: String, metadata: WorkerMetadata) {
        self.id = id
        self.metadata = metadata
    }
}
