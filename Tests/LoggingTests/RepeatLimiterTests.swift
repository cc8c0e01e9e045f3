import Logging
import Testing

struct RepeatLimiterTests {
    @Test func `kinds are counted apart`() {
        var limiter = RepeatLimiter(interval: 100)
        #expect(limiter.admit("a", now: 0) == .write(suppressed: 0))
        #expect(limiter.admit("b", now: 50) == .write(suppressed: 0))
        #expect(limiter.admit("a", now: 99) == .suppress)
        #expect(limiter.admit("a", now: 100) == .write(suppressed: 1))
        #expect(limiter.admit("b", now: 149) == .suppress)
        #expect(limiter.admit("a", now: 199) == .suppress)
    }

    @Test func `the oldest kind is forgotten beyond the limit`() {
        var limiter = RepeatLimiter(interval: 100, maximumKinds: 2)
        _ = limiter.admit("a", now: 0)
        _ = limiter.admit("b", now: 1)
        _ = limiter.admit("c", now: 2)
        #expect(limiter.admit("b", now: 3) == .suppress)
        #expect(limiter.admit("a", now: 4) == .write(suppressed: 0))
    }
}
