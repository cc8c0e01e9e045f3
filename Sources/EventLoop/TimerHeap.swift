/// Names a timer of one loop; never used twice, so that cancelling a timer that has fired is harmless.
public struct TimerID: Sendable, Equatable {
    let slot: Int32
    let generation: UInt32
}

/// A binary heap of deadlines that can be cancelled, those of equal deadline in the order of their making.
///
/// Pure: the caller says what time it is.
struct TimerHeap<Payload> {
    private struct Slot {
        var generation: UInt32 = 0
        /// Index into `heap`; -1 while the slot is free.
        var position: Int = -1
        var payload: Payload?
    }

    private struct Entry {
        let deadline: UInt64
        let sequence: UInt64
        let slot: Int32

        func isBefore(_ other: Entry) -> Bool {
            deadline != other.deadline ? deadline < other.deadline : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var slots: [Slot] = []
    private var freeSlots: [Int32] = []
    private var nextSequence: UInt64 = 0

    /// Deadline of the first timer; nil where there is none.
    var nextDeadline: UInt64? { heap.first?.deadline }

    /// How many timers wait.
    var count: Int { heap.count }

    /// Everything inserted from now on has this sequence number or a later one.
    var mark: UInt64 { nextSequence }

    mutating func insert(deadline: UInt64, _ payload: Payload) -> TimerID {
        let slot: Int32
        if let free = freeSlots.popLast() {
            slot = free
        } else {
            slot = Int32(slots.count)
            slots.append(Slot())
        }
        slots[Int(slot)].payload = payload
        heap.append(Entry(deadline: deadline, sequence: nextSequence, slot: slot))
        nextSequence += 1
        siftUp(heap.count - 1)
        return TimerID(slot: slot, generation: slots[Int(slot)].generation)
    }

    /// Takes a timer out; false where it has fired or was cancelled before.
    @discardableResult
    mutating func cancel(_ id: TimerID) -> Bool {
        let slot = Int(id.slot)
        guard slots.indices.contains(slot), slots[slot].generation == id.generation, slots[slot].position >= 0 else {
            return false
        }
        _ = remove(at: slots[slot].position)
        return true
    }

    /// Takes out the first timer that is due at `now` and was made before `mark`: a timer that sets another one for the
    /// past cannot keep its caller in a loop.
    mutating func popDue(now: UInt64, before mark: UInt64) -> Payload? {
        guard let first = heap.first, first.deadline <= now, first.sequence < mark else { return nil }
        return remove(at: 0)
    }

    private mutating func remove(at position: Int) -> Payload? {
        let slot = Int(heap[position].slot)
        let payload = slots[slot].payload
        slots[slot].payload = nil
        slots[slot].position = -1
        slots[slot].generation &+= 1
        freeSlots.append(Int32(slot))
        let last = heap.removeLast()
        if position < heap.count {
            heap[position] = last
            slots[Int(last.slot)].position = position
            siftUp(position)
            siftDown(slots[Int(last.slot)].position)
        }
        return payload
    }

    private mutating func siftUp(_ start: Int) {
        var position = start
        let entry = heap[position]
        while position > 0, entry.isBefore(heap[(position - 1) / 2]) {
            place(heap[(position - 1) / 2], at: position)
            position = (position - 1) / 2
        }
        place(entry, at: position)
    }

    private mutating func siftDown(_ start: Int) {
        var position = start
        let entry = heap[position]
        while true {
            var child = 2 * position + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].isBefore(heap[child]) { child += 1 }
            guard heap[child].isBefore(entry) else { break }
            place(heap[child], at: position)
            position = child
        }
        place(entry, at: position)
    }

    private mutating func place(_ entry: Entry, at position: Int) {
        heap[position] = entry
        slots[Int(entry.slot)].position = position
    }
}
