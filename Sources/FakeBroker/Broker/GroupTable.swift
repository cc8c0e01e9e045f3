/// The groups by name, in the order of their coming.
struct GroupTable {
    /// Beyond so many, one that holds nothing is given up for a new one.
    private static let maximum = 250

    private(set) var groups: [GroupModel] = []
    private var places: [String: Int] = [:]

    subscript(name: String) -> GroupModel? { places[name].map { groups[$0] } }

    /// Changes a group; nil where there is none.
    mutating func change<Result>(_ name: String, _ body: (inout GroupModel) -> Result) -> Result? {
        guard let at = places[name] else { return nil }
        return body(&groups[at])
    }

    /// Sees to it that there is such a group; false where there is no room.
    mutating func make(_ name: String, memberPrefix: String) -> Bool {
        if places[name] != nil { return true }
        if groups.count >= Self.maximum {
            guard let unused = groups.first(where: { $0.members.isEmpty && $0.committed.isEmpty }) else { return false }
            remove(unused.groupID)
        }
        places[name] = groups.count
        groups.append(GroupModel(groupID: name, initialDelay: 0, memberPrefix: memberPrefix))
        return true
    }

    mutating func remove(_ name: String) {
        guard let at = places[name] else { return }
        groups.remove(at: at)
        places = [:]
        for (at, group) in groups.enumerated() { places[group.groupID] = at }
    }

    /// Members of all groups.
    var memberCount: Int { groups.reduce(0) { $0 + $1.members.count } }

    /// When the first of them has something to do.
    var nextDeadline: UInt64? { groups.compactMap(\.nextDeadline).min() }

    mutating func advance(to now: UInt64) {
        for at in groups.indices { groups[at].advance(to: now) }
    }

    mutating func forgetOffsets(of topic: String) {
        for at in groups.indices { groups[at].forgetOffsets(of: topic) }
    }

    /// The answers that have become due.
    mutating func takeReplies() -> [(ticket: UInt64, reply: GroupModel.Reply)] {
        var replies: [(ticket: UInt64, reply: GroupModel.Reply)] = []
        for at in groups.indices where groups[at].hasReplies { replies += groups[at].takeReplies() }
        return replies
    }
}
