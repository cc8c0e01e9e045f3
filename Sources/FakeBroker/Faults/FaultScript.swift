/// Which request meets which fault: every fault counts the requests that concern it, and the first one whose turn it is is taken.
///
/// Nothing is left to chance: the same requests in the same order meet the same faults.
package struct FaultScript: Sendable {
    fileprivate struct Entry {
        let fault: Fault
        var seen = 0
        var happened = 0
    }

    private var entries: [Entry]

    /// The faults in the order in which they were asked for.
    package init(_ faults: [Fault]) { entries = faults.map { Entry(fault: $0) } }

    /// Whether there is a fault that has to know the topics of a request.
    package func looksIntoRequests(of apiKey: Int16) -> Bool {
        entries.contains { $0.fault.looksIntoRequests && $0.fault.concerns(apiKey) }
    }

    /// A request has come; returns the fault that it meets, if any.
    ///
    /// - Parameter topics: the names in it, where ``looksIntoRequests(of:)`` asked for them.
    package mutating func next(apiKey: Int16, client: String?, topics: [String]) -> Fault? {
        var met: Int?
        for at in entries.indices {
            let fault = entries[at].fault
            guard fault.concerns(apiKey), fault.client == nil || fault.client == client,
                fault.topic.map({ topics.contains($0) }) ?? true
            else { continue }
            entries[at].seen += 1
            if met == nil, entries[at].isDue { met = at }
        }
        guard let met else { return nil }
        entries[met].happened += 1
        return entries[met].fault
    }
}

extension FaultScript.Entry {
    /// Whether the request that was counted last has the fault.
    fileprivate var isDue: Bool {
        let beyond = seen - fault.after
        return beyond > 0 && beyond.isMultiple(of: fault.every) && happened < fault.count ?? .max
    }
}

extension Fault {
    fileprivate func concerns(_ key: Int16) -> Bool { apiKey == nil || apiKey == key }
}
