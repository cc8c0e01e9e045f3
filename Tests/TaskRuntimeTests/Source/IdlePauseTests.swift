import Testing

@testable import TaskRuntime

struct IdlePauseTests {
    @Test func `without a hint it grows to a tenth of a second, and begins anew`() {
        var pause = IdlePause()
        #expect((0..<9).map { _ in pause.take(0, after: 0) / 1_000_000 } == [1, 2, 4, 8, 16, 32, 64, 100, 100])
        pause.reset()
        #expect(pause.take(0, after: 0) == 1_000_000)
    }

    @Test func `a hint is obeyed and changes nothing`() {
        var pause = IdlePause()
        #expect(
            pause.take(10, after: 0) == 1_000_000
                && pause.take(3_600_000_000_000, after: 500_000_000) == 3_600_000_000_000)
        #expect(pause.take(0, after: 0) == 1_000_000)
    }

    @Test func `a poll that took as long has been the pause`() {
        var pause = IdlePause()
        #expect(pause.take(0, after: 1_000_000) == 0)
        #expect(pause.take(0, after: 1_999_999) == 2_000_000)
        #expect((0..<9).map { _ in pause.take(0, after: 500_000_000) } == Array(repeating: 0, count: 9))
        #expect(pause.take(0, after: 99_999_999) == 100_000_000)
    }
}
