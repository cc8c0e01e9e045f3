import Testing

@testable import KafkaClient

@Suite struct LogAppendsTests {
    private let error = ClientError(.recordTooLarge, .fatal, "too large")

    @Test func `an append ends with the last of its records`() {
        var appends = LogAppends()
        let number = appends.begin(recordCount: 3)
        #expect(appends.completed(number, recordCount: 2, error: nil) == nil)
        #expect(appends.completed(number, recordCount: 1, error: nil) == LogAppends.End(append: number, error: nil))
        #expect(appends.unfinished.isEmpty)
    }

    @Test func `the first error ends an append, once`() {
        var appends = LogAppends()
        let number = appends.begin(recordCount: 3)
        #expect(
            appends.completed(number, recordCount: 1, error: error) == LogAppends.End(append: number, error: error))
        #expect(appends.completed(number, recordCount: 2, error: nil) == nil)
    }

    @Test func `who waits is let go when all appends before are over, later ones do not count`() {
        var appends = LogAppends()
        let one = appends.begin(recordCount: 1)
        let two = appends.begin(recordCount: 1)
        appends.wait(7)
        _ = appends.begin(recordCount: 1)
        _ = appends.completed(one, recordCount: 1, error: error)
        #expect(appends.takePassed().isEmpty)
        _ = appends.completed(two, recordCount: 1, error: nil)
        #expect(appends.takePassed() == [7])
        #expect(appends.takePassed().isEmpty)
    }

    @Test func `nobody waits where nothing is under way`() {
        var appends = LogAppends()
        appends.wait(1)
        #expect(appends.takePassed() == [1])
    }
}
