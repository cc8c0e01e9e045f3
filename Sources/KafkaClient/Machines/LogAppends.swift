/// Counts which records of which append a producer still owes, and who waits for all of them.
///
/// An append is known by a number; each of its records comes out once, as confirmed or with an error. The first error
/// ends the append, all confirmations do too. Pure.
package struct LogAppends: Sendable {
    /// How an append ended.
    package struct End: Sendable, Equatable {
        package let append: Int32
        /// nil when every record is confirmed.
        package let error: ClientError?
    }

    private struct Open: Sendable {
        let number: Int32
        /// Which came before which, also where numbers begin anew.
        let order: UInt64
        var left: Int
    }

    private var open: [Open] = []
    private var barriers: [(id: UInt64, order: UInt64)] = []
    private var lastNumber: Int32 = -1
    private var lastOrder: UInt64 = 0

    package init() {}

    /// Appends that have not ended, in their order.
    package var unfinished: [Int32] { open.map(\.number) }

    /// Begins an append of so many records, one at least; returns its number, which is not negative.
    package mutating func begin(recordCount: Int) -> Int32 {
        lastNumber = lastNumber == .max ? 0 : lastNumber + 1
        lastOrder += 1
        open.append(Open(number: lastNumber, order: lastOrder, left: max(recordCount, 1)))
        return lastNumber
    }

    /// Records of an append came out. Returns how it ended where this ends it.
    package mutating func completed(_ number: Int32, recordCount: Int, error: ClientError?) -> End? {
        guard let at = open.firstIndex(where: { $0.number == number }) else { return nil }
        open[at].left -= recordCount
        guard error != nil || open[at].left <= 0 else { return nil }
        open.remove(at: at)
        return End(append: number, error: error)
    }

    /// Somebody waits for the end of every append that was begun before. Shows in ``takePassed()``.
    package mutating func wait(_ id: UInt64) { barriers.append((id, lastOrder)) }

    /// Those whose wait is over, in their order.
    package mutating func takePassed() -> [UInt64] {
        let oldest = open.map(\.order).min() ?? .max
        let passed = barriers.filter { $0.order < oldest }.map(\.id)
        barriers.removeAll { $0.order < oldest }
        return passed
    }
}
