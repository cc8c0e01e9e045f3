import Testing

@testable import TaskRuntime

struct RetryBackoffTests {
    private let ms: UInt64 = 1_000_000

    @Test func `without a time to retry there is no retry`() {
        var retry = RetryBackoff(timeout: 0, maximumDelay: 60_000 * ms)
        let delay = retry.delayAfterFailure(now: 5, random: 0)
        #expect(delay == nil)
    }

    @Test func `delays double from 300 ms and end at the deadline`() {
        var retry = RetryBackoff(timeout: 2_000 * ms, maximumDelay: 60_000 * ms)
        var now: UInt64 = 1000
        var delays: [UInt64] = []
        while let delay = retry.delayAfterFailure(now: now, random: 0) {
            delays.append(delay / ms)
            now += delay
        }
        #expect(delays == [300, 600, 1100])
    }

    @Test func `beyond the longest delay it is random`() {
        var retry = RetryBackoff(timeout: nil, maximumDelay: 500 * ms)
        let delays = (0..<3).map { _ in retry.delayAfterFailure(now: 0, random: 1_300 * ms).map { $0 / ms } }
        #expect(delays == [300, 300, 300])
        var other = RetryBackoff(timeout: nil, maximumDelay: 500 * ms)
        _ = other.delayAfterFailure(now: 0, random: 0)
        let second = other.delayAfterFailure(now: 0, random: 777 * ms)
        #expect(second == 277 * ms)
    }

    @Test func `success begins anew`() {
        var retry = RetryBackoff(timeout: 400 * ms, maximumDelay: 60_000 * ms)
        _ = retry.delayAfterFailure(now: 0, random: 0)
        retry.reset()
        let delay = retry.delayAfterFailure(now: 10_000 * ms, random: 0)
        #expect(delay == 300 * ms)
    }

    @Test func `an endless retry never overflows`() {
        var retry = RetryBackoff(timeout: nil, maximumDelay: 60_000 * ms)
        for _ in 0..<200 {
            let delay = retry.delayAfterFailure(now: 0, random: .max)
            #expect((delay ?? .max) <= 60_000 * ms)
        }
    }

    @Test func `a plugin's wish for later doubles up to ten seconds`() {
        var backoff = CallBackoff()
        let delays = (0..<9).map { _ in backoff.next(atLeast: 0) / ms }
        #expect(delays == [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
        backoff.reset()
        let first = backoff.next(atLeast: 0)
        #expect(first == 100 * ms)
    }

    @Test func `a plugin's wish for later is met, and a shorter one grows`() {
        var backoff = CallBackoff()
        let delays = [3000, 10, 10, 20_000, 10].map { backoff.next(atLeast: $0 * ms) / ms }
        #expect(delays == [3000, 200, 400, 20_000, 1600])
    }
}
