/// What a simulation still has to do, by time and, at the same time, in the order in which it was put in.
package struct EventQueue<Event> {
    private struct Item {
        let time: UInt64
        let order: Int
        let event: Event

        func isBefore(_ other: Item) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    private var heap: [Item] = []
    private var lastOrder = 0

    package init() {}

    /// Whether nothing is left.
    package var isEmpty: Bool { heap.isEmpty }

    /// Puts an event in.
    package mutating func push(_ event: Event, at time: UInt64) {
        lastOrder += 1
        heap.append(Item(time: time, order: lastOrder, event: event))
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].isBefore(heap[parent]) else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest event out.
    package mutating func pop() -> (time: UInt64, event: Event)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            heap[0] = last
            var parent = 0
            while true {
                var least = parent
                for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                    if heap[child].isBefore(heap[least]) { least = child }
                }
                if least == parent { break }
                heap.swapAt(least, parent)
                parent = least
            }
        }
        return (first.time, first.event)
    }
}
