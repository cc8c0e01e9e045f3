/// What a simulation still has to do, by time and, at the same time, in the order in which it was put in.
///
/// Events stay where they were put while their turns are sorted: they are large, and copying one takes longer than all the rest.
package struct EventQueue<Event> {
    private struct Turn {
        let time: UInt64
        let order: Int
        let slot: Int

        func isBefore(_ other: Turn) -> Bool {
            time != other.time ? time < other.time : order < other.order
        }
    }

    private var heap: [Turn] = []
    private var events: [Event?] = []
    private var freeSlots: [Int] = []
    private var lastOrder = 0

    package init() {}

    /// Whether nothing is left.
    package var isEmpty: Bool { heap.isEmpty }

    /// Puts an event in.
    package mutating func push(_ event: Event, at time: UInt64) {
        lastOrder += 1
        heap.append(Turn(time: time, order: lastOrder, slot: keep(event)))
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
            sink()
        }
        guard let event = events[first.slot].take() else { return nil }
        freeSlots.append(first.slot)
        return (first.time, event)
    }

    private mutating func keep(_ event: Event) -> Int {
        guard let slot = freeSlots.popLast() else {
            events.append(event)
            return events.count - 1
        }
        events[slot] = event
        return slot
    }

    /// Brings the first turn to where it belongs.
    private mutating func sink() {
        var parent = 0
        while true {
            let (left, right) = (2 * parent + 1, 2 * parent + 2)
            var least = parent
            if left < heap.count, heap[left].isBefore(heap[least]) { least = left }
            if right < heap.count, heap[right].isBefore(heap[least]) { least = right }
            if least == parent { return }
            heap.swapAt(least, parent)
            parent = least
        }
    }
}
