import ConnectModel
import Testing

@testable import ConnectTestKit

/// What of several wishes for one connector has to hold in the end.
@Suite struct WishLedgerTests {
    private let first = ClusterWish(.stop("a"))
    private let second = ClusterWish(.delete("a"))
    private var ledger = WishLedger()

    /// What has to hold, as text; nil where nobody knows.
    private var kept: String? { ledger.kept?.description }

    @Test mutating func `the last one holds that was told as done`() {
        for wish in [first, second] {
            ledger.begin(wish) { _ in false }
            #expect(ledger.kept == nil)
            ledger.end(wish, .acknowledged)
            #expect(kept == wish.command.description)
        }
    }

    @Test mutating func `one that came to nothing changes nothing`() {
        ledger.begin(first) { _ in false }
        ledger.end(first, .acknowledged)
        ledger.begin(second) { _ in false }
        ledger.end(second, .nothing)
        #expect(kept == "stop a")
    }

    @Test mutating func `of two at once nobody knows which came last`() {
        ledger.begin(first) { _ in false }
        ledger.begin(second) { _ in false }
        ledger.end(second, .acknowledged)
        ledger.end(first, .acknowledged)
        #expect(ledger.kept == nil)
        ledger.begin(first) { _ in false }
        ledger.end(first, .acknowledged)
        #expect(kept == "stop a", "and of the next one it is known again")
    }

    @Test mutating func `one that may have come to be leaves nothing known`() {
        ledger.begin(first) { _ in false }
        ledger.end(first, .acknowledged)
        ledger.begin(second) { _ in false }
        ledger.end(second, .unknown)
        #expect(ledger.kept == nil)
        ledger.begin(first) { _ in false }
        ledger.end(first, .nothing)
        #expect(ledger.kept == nil)
    }

    @Test(arguments: [false, true])
    mutating func `what begins behind one that may have come to be holds once that one is over`(isOver: Bool) {
        ledger.begin(second) { _ in false }
        ledger.end(second, .unknown)
        ledger.begin(first) { $0 === second && isOver }
        ledger.end(first, .acknowledged)
        #expect(kept == (isOver ? "stop a" : nil))
    }

    @Test mutating func `one whose worker is gone is over, and what it came to is not known`() {
        ledger.begin(first) { _ in false }
        ledger.end(first, .acknowledged)
        ledger.begin(second) { _ in false }
        let third = ClusterWish(.target("a", .paused))
        ledger.begin(third) { $0 === second }
        ledger.end(third, .nothing)
        #expect(ledger.kept == nil)
    }
}
