import Testing

@testable import KafkaClient

/// What the loop hears of an application's polls.
@Suite struct ConsumerSharedTests {
    private let shared = ConsumerShared(wake: {})

    init() {
        _ = shared.append(.assigned([.init(partition: partition("t", 0), offset: 0)]), losses: 0)
        _ = shared.next(maximumBytes: .max)
        _ = shared.append(.lost([partition("t", 0)]), losses: 1)
    }

    @Test func `a loss is dealt with when the application polls again`() {
        _ = shared.next(maximumBytes: .max)
        #expect(!shared.takePolls(isPollAwaited: false).hasHandledLoss)
        let (_, mustTell) = shared.next(maximumBytes: .max)
        #expect(mustTell)
        #expect(shared.takePolls(isPollAwaited: false).hasHandledLoss)
    }

    @Test func `a loss that is put aside is not dealt with by polls for more`() {
        for _ in 0..<3 { _ = shared.next(maximumBytes: .max, skipsChunks: true, settlesLosses: false) }
        #expect(!shared.takePolls(isPollAwaited: false).hasHandledLoss)
        let (_, mustTell) = shared.next(maximumBytes: .max, skipsChunks: true)
        #expect(mustTell)
        #expect(shared.takePolls(isPollAwaited: false).hasHandledLoss)
    }
}
