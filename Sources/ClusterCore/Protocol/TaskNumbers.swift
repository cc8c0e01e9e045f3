/// Numbers of a connector's tasks, each once, in the order in which they came.
package struct TaskNumbers: Sendable, Equatable {
    package private(set) var inOrder: [Int32] = []
    /// Looked up only, never walked; nil as long as the numbers ascend, because then they can be searched.
    private var lookup: Set<Int32>?

    /// No numbers.
    package init() {}

    package var isEmpty: Bool { inOrder.isEmpty }
    package var count: Int { inOrder.count }

    /// Whether a number is among them.
    package func contains(_ number: Int32) -> Bool {
        if let lookup { return lookup.contains(number) }
        var low = 0
        var high = inOrder.count
        while low < high {
            let middle = (low + high) / 2
            if inOrder[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < inOrder.count && inOrder[low] == number
    }

    /// Adds a number at the end, unless it is there.
    ///
    /// - Returns: whether it was added.
    @discardableResult
    package mutating func append(_ number: Int32) -> Bool {
        if let last = inOrder.last, lookup != nil || number <= last {
            guard !contains(number) else { return false }
            if lookup == nil { lookup = Set(inOrder) }
            lookup?.insert(number)
        }
        inOrder.append(number)
        return true
    }

    /// The numbers for which `isIncluded` holds, in the same order.
    func filter(_ isIncluded: (Int32) -> Bool) -> TaskNumbers {
        var result = TaskNumbers()
        for number in inOrder where isIncluded(number) { result.append(number) }
        return result
    }

    /// The numbers from the smallest up.
    func sorted() -> TaskNumbers {
        guard lookup != nil else { return self }
        var result = TaskNumbers()
        result.inOrder = inOrder.sorted()
        return result
    }

    package static func == (left: TaskNumbers, right: TaskNumbers) -> Bool { left.inOrder == right.inOrder }
}
