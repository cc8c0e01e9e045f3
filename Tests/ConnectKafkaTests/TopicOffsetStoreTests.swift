import ConnectModel
import Synchronization
import Testing

@testable import ConnectKafka

@Suite struct TopicOffsetStoreTests {
    private let log = FakeLog()

    private func started(_ records: [(String?, String?)] = [], limit: UInt64 = 30_000_000_000) -> TopicOffsetStore {
        for (key, value) in records { log.put(key, value) }
        let store = TopicOffsetStore(log: log, topic: "offsets", limit: limit)
        store.start { #expect($0 == nil) }
        return store
    }

    private func read(_ store: TopicOffsetStore, _ partition: String, of connector: String = "src") throws -> String? {
        let found = try store.read(connector: connector, partitions: [Array(partition.utf8)], isWanted: nil)
        #expect(found.count == 1)
        return found[0].map { String(decoding: $0, as: UTF8.self) }
    }

    private func write(
        _ store: TopicOffsetStore, _ partition: String, _ offset: String?, of connector: String = "src"
    ) -> ConnectError? {
        let outcome = Mutex<ConnectError?>(nil)
        store.write(
            connector: connector,
            [OffsetChange(partition: Array(partition.utf8), offset: offset.map { Array($0.utf8) })]
        ) { error in outcome.withLock { $0 = error } }
        return outcome.withLock { $0 }
    }

    @Test func `the last offset of a key is found, also one that came since the last read`() throws {
        let store = started([(#"["src",{"t":"a"}]"#, #"{"pos":1}"#), (#"["src",{"t":"a"}]"#, #"{"pos":2}"#)])
        #expect(try read(store, #"{"t":"a"}"#) == #"{"pos":2}"#)
        #expect(try read(store, #"{"t":"b"}"#) == nil)
        log.put(#"["src",{"t":"b"}]"#, #"{"pos":7}"#)
        #expect(try read(store, #"{"t":"b"}"#) == #"{"pos":7}"#)
        #expect(try read(store, #"{"t":"b"}"#, of: "other") == nil)
    }

    @Test func `null, an empty value and a null in JSON remove an offset`() throws {
        for removal in [nil, "", "null"] {
            let store = started([(#"["src",{"t":"a"}]"#, #"{"pos":1}"#), (#"["src",{"t":"a"}]"#, removal)])
            #expect(try read(store, #"{"t":"a"}"#) == nil)
            #expect(try store.readAll(connector: "src").isEmpty)
        }
    }

    @Test func `malformed records are passed over`() throws {
        let store = started([
            (nil, "{}"), ("src", "{}"), (#"["src"]"#, "{}"), (#"["src",{"t":"a"}]"#, #"{"pos":1}"#),
            (#"["src",{"t":"b"}]"#, "{}"), (#"["src",{"t":"b"}]"#, "not JSON"),
        ])
        #expect(try store.readAll(connector: "src").map(\.partition) == [Array(#"{"t":"a"}"#.utf8)])
    }

    @Test func `a partition is found and written under the spelling that the topic has`() throws {
        let stored = #"["src",{"table":"b","db":"a"}]"#
        let store = started([(stored, #"{"pos":1}"#)])
        let ours = #"{"db":"a","table":"b"}"#
        #expect(try read(store, ours) == #"{"pos":1}"#)
        #expect(write(store, ours, #"{"pos":2}"#) == nil)
        #expect(log.written.map(\.key) == [stored])
        #expect(try read(store, ours) == #"{"pos":2}"#)
    }

    @Test func `the exact spelling comes first, then the one that was read last`() throws {
        let store = started([
            (#"["src",{"a":1,"b":2,"c":3}]"#, #"{"pos":1}"#), (#"["src",{"c":3,"b":2,"a":1}]"#, #"{"pos":2}"#),
            (#"["src",{"b":2,"a":1,"c":3}]"#, #"{"pos":3}"#), (#"["src",{"c":3,"b":2,"a":1}]"#, #"{"pos":4}"#),
        ])
        #expect(try read(store, #"{"a":1,"b":2,"c":3}"#) == #"{"pos":1}"#)
        #expect(try read(store, #"{"b":2,"c":3,"a":1}"#) == #"{"pos":4}"#)
        #expect(try store.readAll(connector: "src").map(\.offset) == [Array(#"{"pos":4}"#.utf8)])
    }

    @Test func `a removal takes every spelling, lest an older offset comes to light`() throws {
        let keys = [#"["src",{"a":1,"b":2}]"#, #"["src",{"b":2,"a":1}]"#]
        let store = started(keys.map { ($0, #"{"pos":1}"#) })
        #expect(write(store, #"{"a":1,"b":2}"#, nil) == nil)
        #expect(log.written.map(\.key).sorted() == keys.sorted())
        #expect(log.written.allSatisfy { $0.value == nil })
        #expect(try read(store, #"{"a":1,"b":2}"#) == nil)
    }

    @Test func `two writes of a new partition share a key though they spell it differently`() throws {
        let store = started()
        log.holdsBack()
        _ = write(store, #"{"a":1,"b":2}"#, #"{"pos":1}"#)
        _ = write(store, #"{"b":2,"a":1}"#, #"{"pos":2}"#)
        #expect(Set(log.written.map(\.key)) == [#"["src",{"a":1,"b":2}]"#])
    }

    @Test func `a write that fails says so and leaves no spelling behind`() throws {
        let store = started()
        log.fails(ConnectError(.kafkaRefused, "no"))
        #expect(write(store, #"{"a":1,"b":2}"#, #"{"pos":1}"#)?.code == .kafkaRefused)
        log.fails(nil)
        #expect(write(store, #"{"b":2,"a":1}"#, #"{"pos":2}"#) == nil)
        #expect(log.written.last?.key == #"["src",{"b":2,"a":1}]"#)
    }

    @Test func `offsets that are no JSON objects are refused as a whole`() throws {
        let store = started()
        #expect(write(store, #"{"a":1}"#, "7")?.code == .pluginNonsense)
        #expect(write(store, "7", #"{"a":1}"#)?.code == .pluginNonsense)
        #expect(log.written.isEmpty)
    }

    @Test func `a task's read waits until the task is to stop, however long that takes`() throws {
        let store = started(limit: 1_000_000)
        log.isSilent.withLock { $0 = true }
        var questions = 0
        let error = #expect(throws: ConnectError.self) {
            try store.read(connector: "c", partitions: [Array(#"{"p":1}"#.utf8)]) {
                questions += 1
                return questions < 3
            }
        }
        #expect(questions == 3)
        #expect(error?.code == .workerStopping)
    }

    @Test func `a read that does not get to the end in time fails and names the topic`() throws {
        let store = started(limit: 1_000_000)
        log.isSilent.withLock { $0 = true }
        do throws(ConnectError) {
            _ = try store.read(connector: "src", partitions: [], isWanted: nil)
            Issue.record("the read came back")
        } catch {
            #expect(error.code == .kafkaUnavailable)
            #expect(error.message.contains("topic offsets (offset.storage.topic)"))
        }
    }
}

/// A log in memory: what is put or written shows at the next read to the end.
private final class FakeLog: ClusterLog {
    struct Written: Equatable {
        let key: String
        let value: String?
    }

    private struct State {
        var observer: (@Sendable ([LogRecord]) -> Void)?
        var unread: [LogRecord] = []
        var written: [Written] = []
        var error: ConnectError?
        var isHeldBack = false
    }

    private let state = Mutex(State())
    /// Whether ``readToEnd(afterOwnWrites:_:)`` never answers.
    let isSilent = Mutex(false)

    var written: [Written] { state.withLock { $0.written } }

    func put(_ key: String?, _ value: String?) {
        state.withLock {
            $0.unread.append(
                LogRecord(
                    partition: 0, offset: Int64($0.unread.count), key: key.map { Array($0.utf8) },
                    value: value.map { Array($0.utf8) }))
        }
    }

    func fails(_ error: ConnectError?) { state.withLock { $0.error = error } }
    func holdsBack() { state.withLock { $0.isHeldBack = true } }

    func start(
        _ observer: @escaping @Sendable ([LogRecord]) -> Void, done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        state.withLock { $0.observer = observer }
        readToEnd(afterOwnWrites: true, done)
    }

    func append(_ entries: [LogEntry], inSession: Bool, done: @escaping @Sendable (ConnectError?) -> Void) {
        let error = state.withLock { state in
            guard state.error == nil else { return state.error }
            for entry in entries {
                state.written.append(
                    Written(
                        key: String(decoding: entry.key, as: UTF8.self),
                        value: entry.value.map { String(decoding: $0, as: UTF8.self) }))
                guard !state.isHeldBack else { continue }
                state.unread.append(LogRecord(partition: 0, offset: 0, key: entry.key, value: entry.value))
            }
            return nil
        }
        done(error)
    }

    func readToEnd(afterOwnWrites: Bool, _ done: @escaping @Sendable (ConnectError?) -> Void) {
        guard !isSilent.withLock({ $0 }) else { return }
        let (observer, records) = state.withLock { state in
            defer { state.unread = [] }
            return (state.observer, state.unread)
        }
        observer?(records)
        done(nil)
    }

    func close(_ done: @escaping @Sendable () -> Void) { done() }
}
