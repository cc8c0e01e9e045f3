import EventLoop
import Testing

@testable import TaskRuntime

@Suite struct WakePlanTests {
    private let start: UInt64 = 7_000_000_000_001
    private let second: UInt64 = 1_000_000_000

    @Test func `what is asked for between a wish and the late end of its window is met in time`() throws {
        var plan = WakePlan()
        let wish = start + 16 * second
        let set = plan.ask(wish, now: start)
        let first = try #require(set)
        #expect(first.deadline > wish && first.deadline <= wish + second, "together with others")
        // Shortly before, somebody cannot wait for the end of the window.
        let short = plan.ask(wish + 1, now: wish - second / 10)
        #expect(short?.deadline == wish + 1)
        let (old, new) = (plan.fired(first), plan.fired(try #require(short)))
        #expect(!old && new)
    }

    @Test func `what can wait for the timer that is set sets no other`() throws {
        var plan = WakePlan()
        let wish = start + 16 * second
        let set = plan.ask(wish, now: start)
        let first = try #require(set)
        let same = plan.ask(wish, now: start + 1)
        let atItsEnd = plan.ask(first.deadline, now: first.deadline - 1)
        let later = plan.ask(wish + 3600 * second, now: start)
        #expect(same == nil && atItsEnd == nil && later == nil)
        // Later ones are for the woken lane to ask for again.
        let hasFired = plan.fired(first)
        let next = plan.ask(wish + 3600 * second, now: wish)
        #expect(hasFired && next != nil)
    }

    @Test func `of two settings that reach the loop the other way round the later one counts`() throws {
        var plan = WakePlan()
        let far = plan.ask(start + 3600 * second, now: start)
        let near = plan.ask(start + 1, now: start)
        let (first, last) = (try #require(far), try #require(near))
        #expect(plan.isCurrent(last) && !plan.isCurrent(first))
    }

    @Test func `no timer from before a clearing counts`() throws {
        var plan = WakePlan()
        let set = plan.ask(start + 1, now: start)
        let first = try #require(set)
        plan.clear()
        let early = plan.fired(first)
        let again = plan.ask(start + 2, now: start)
        let second = try #require(again)
        let old = plan.fired(first)
        let new = plan.fired(second)
        #expect(!early && !old && new)
    }
}
