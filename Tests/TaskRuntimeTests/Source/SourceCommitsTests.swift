import ConnectModel
import Synchronization
import Testing

@testable import TaskRuntime

struct SourceCommitsTests {
    /// Keeps its answers until the test gives them.
    private final class SlowStore: OffsetStore {
        let writes = Mutex<[(changes: [OffsetChange], done: @Sendable (ConnectError?) -> Void)]>([])

        func read(connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?) throws(ConnectError) -> [[UInt8]?]
        { [] }

        func readAll(connector: String) throws(ConnectError) -> [OffsetChange] { [] }

        func write(connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void) {
            writes.withLock { $0.append((changes, done)) }
        }

        func answer(_ index: Int, _ error: ConnectError? = nil) { writes.withLock { $0[index].done }(error) }

        func offsets(_ index: Int) -> [String] {
            writes.withLock { $0[index].changes.map { String(decoding: $0.offset ?? [], as: UTF8.self) } }
        }
    }

    private let store = SlowStore()
    private let commits: SourceCommits
    private let text = OffsetText()
    private let key = SourcePartition(json: Array("{}".utf8), offsetKey: "say \"where\"")

    init() {
        commits = SourceCommits(connector: "c", store: store, interval: 100, timeout: 10, wake: {})
        commits.begin(now: 0)
    }

    private func close(_ offset: Int64, in ledger: inout OffsetLedger) {
        let segment = ledger.open(ledger.pin(key))
        ledger.seal(segment, count: 1, offset: .number(offset))
        ledger.endChunk()
        ledger.settle(segment, 1)
    }

    @Test func `nothing happens before the interval is over`() throws {
        var ledger = OffsetLedger()
        close(1, in: &ledger)
        #expect(!commits.isDue(99) && commits.isDue(100))
        #expect(commits.nextDeadline == 100)
        let isStored = try commits.tick(now: 99, ledger: &ledger, text: text)
        #expect(!isStored && !commits.isFlushing)
    }

    @Test func `with nothing to write the plugin is told at once`() throws {
        var ledger = OffsetLedger()
        let isStored = try commits.tick(now: 100, ledger: &ledger, text: text)
        #expect(isStored)
        #expect(store.writes.withLock { $0.isEmpty })
        #expect(commits.nextDeadline == 200)
    }

    @Test func `the late answer of a write that was given up is ignored`() throws {
        var ledger = OffsetLedger()
        close(1, in: &ledger)
        var isStored = try commits.tick(now: 100, ledger: &ledger, text: text)
        #expect(!isStored && commits.nextDeadline == 110)
        let error = #expect(throws: ConnectError.self) {
            _ = try commits.tick(now: 110, ledger: &ledger, text: text)
        }
        #expect(error?.code == .stateWrite)
        close(2, in: &ledger)
        isStored = try commits.tick(now: 200, ledger: &ledger, text: text)
        #expect(!isStored)
        store.answer(0)
        isStored = try commits.tick(now: 201, ledger: &ledger, text: text)
        #expect(!isStored && commits.isFlushing)
        store.answer(1)
        isStored = try commits.tick(now: 202, ledger: &ledger, text: text)
        #expect(isStored && !commits.isFlushing)
        #expect(store.offsets(0) == [#"{"say \"where\"":1}"#])
        #expect(store.offsets(1) == [#"{"say \"where\"":2}"#])
    }

    @Test func `a write that fails is repeated with the next`() throws {
        var ledger = OffsetLedger()
        close(1, in: &ledger)
        _ = try commits.tick(now: 100, ledger: &ledger, text: text)
        store.answer(0, ConnectError(.stateWrite, "disk full"))
        let error = #expect(throws: ConnectError.self) {
            _ = try commits.tick(now: 101, ledger: &ledger, text: text)
        }
        #expect(error?.message == "disk full")
        _ = try commits.tick(now: 200, ledger: &ledger, text: text)
        #expect(store.offsets(1) == store.offsets(0))
    }

    @Test func `a partition without an offset is a tombstone, a number without a key is bare`() throws {
        #expect(try text.stored(.init(partition: key, offset: .none)) == nil)
        let bare = SourcePartition(json: Array("null".utf8), offsetKey: nil)
        #expect(try text.stored(.init(partition: bare, offset: .number(-7))) == Array("-7".utf8))
    }
}
