import Testing

@testable import EventLoop

struct TimerHeapTests {
    @Test func `timers fire by deadline and equal ones by age`() {
        var heap = TimerHeap<String>()
        for (deadline, name) in [(30, "c"), (10, "a"), (20, "b1"), (20, "b2"), (40, "d")] {
            _ = heap.insert(deadline: UInt64(deadline), name)
        }
        var fired: [String] = []
        while let name = heap.popDue(now: 30, before: heap.mark) { fired.append(name) }
        #expect(fired == ["a", "b1", "b2", "c"])
        #expect(heap.nextDeadline == 40)
    }

    @Test func `a cancelled timer does not fire and its name is never used again`() {
        var heap = TimerHeap<Int>()
        let first = heap.insert(deadline: 1, 1)
        let isCancelled = heap.cancel(first)
        let second = heap.insert(deadline: 1, 2)
        let isCancelledAgain = heap.cancel(first)
        let popped = heap.popDue(now: 1, before: heap.mark)
        let isCancelledAfterwards = heap.cancel(second)
        #expect(isCancelled && !isCancelledAgain && !isCancelledAfterwards)
        #expect(popped == 2)
        #expect(heap.count == 0)
    }

    @Test func `a timer made after the mark waits for the next round`() {
        var heap = TimerHeap<Int>()
        let mark = heap.mark
        _ = heap.insert(deadline: 0, 1)
        let early = heap.popDue(now: 5, before: mark)
        let late = heap.popDue(now: 5, before: heap.mark)
        #expect(early == nil && late == 1)
    }

    @Test(arguments: 0..<50) func `it agrees with a sorted list`(seed: UInt64) {
        var random = SplitMix(state: seed)
        var heap = TimerHeap<Int>()
        var model: [(deadline: UInt64, number: Int, id: TimerID)] = []
        for number in 0..<400 {
            switch random.next() % 4 {
            case 0 where !model.isEmpty:
                let victim = model.remove(at: Int(random.next() % UInt64(model.count)))
                let isCancelled = heap.cancel(victim.id)
                #expect(isCancelled)
            case 1:
                let now = random.next() % 100
                model.sort { ($0.deadline, $0.number) < ($1.deadline, $1.number) }
                while let first = model.first, first.deadline <= now {
                    let popped = heap.popDue(now: now, before: heap.mark)
                    #expect(popped == first.number)
                    model.removeFirst()
                }
                let rest = heap.popDue(now: now, before: heap.mark)
                #expect(rest == nil)
            default:
                let deadline = random.next() % 100
                model.append((deadline, number, heap.insert(deadline: deadline, number)))
            }
            #expect(heap.nextDeadline == model.map(\.deadline).min())
        }
    }
}

struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
