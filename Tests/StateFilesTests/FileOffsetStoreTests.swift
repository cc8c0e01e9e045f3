import ConnectModel
import Glibc
import Testing

@testable import StateFiles

@Suite struct FileOffsetStoreTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `what was stored is there after a restart`() throws {
        let store = try FileOffsetStore.immediate(folder.file)
        #expect(store.store("orders", #"{"f":"a"}"#, #"{"p":1}"#) == nil)
        #expect(store.store("orders", #"{"f":"b"}"#, #"{"p":2}"#) == nil)
        #expect(store.store("other", #"{"f":"a"}"#, #"{"p":3}"#) == nil)
        #expect(store.store("orders", #"{"f":"b"}"#, nil) == nil)
        let again = try FileOffsetStore.immediate(folder.file)
        #expect(try again.offset("orders", #"{"f":"a"}"#) == #"{"p":1}"#)
        #expect(try again.offset("orders", #"{"f":"b"}"#) == nil)
        #expect(try again.readAll(connector: "orders") == [OffsetChange(#"{"f":"a"}"#, #"{"p":1}"#)])
        #expect(try again.readAll(connector: "unknown").isEmpty)
    }

    @Test func `a partition keeps the bytes under which it was first stored`() throws {
        let store = try FileOffsetStore.immediate(folder.file)
        #expect(store.store("c", #"{"b":1,"a":2}"#, #"{"p":1}"#) == nil)
        #expect(store.store("c", #"{"a":2,"b":1}"#, #"{"p":2}"#) == nil)
        #expect(try store.readAll(connector: "c") == [OffsetChange(#"{"b":1,"a":2}"#, #"{"p":2}"#)])
    }

    @Test func `the file is readable by its owner only and nothing is left beside it`() throws {
        let store = try FileOffsetStore.immediate(folder.file)
        #expect(store.store("c", "{}", #"{"p":1}"#) == nil)
        var status = stat()
        #expect(stat(folder.file, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(folder.names == ["offsets"])
    }

    @Test func `of two offsets for one partition in a batch the last counts, however it is spelled`() throws {
        let executor = ManualExecutor()
        let answers = Answers()
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file), submit: executor.submit)
        store.write(
            connector: "c",
            [
                OffsetChange(#"{"a":1,"b":2}"#, #"{"p":1}"#), OffsetChange(#"{"f":1}"#, #"{"p":1}"#),
                OffsetChange(#"{"gone":1}"#, #"{"p":1}"#), OffsetChange(#"{"b":2,"a":1}"#, #"{"p":2}"#),
                OffsetChange(#"{"gone":1}"#, nil), OffsetChange(#"{"f":1}"#, nil),
                OffsetChange(#"{"f":1}"#, #"{"p":3}"#),
            ], answers.done)
        // Of those that share a rewrite too.
        store.write(connector: "d", [OffsetChange("{}", #"{"p":5}"#)], answers.done)
        store.write(connector: "d", [OffsetChange("{}", #"{"p":4}"#)], answers.done)
        executor.runAll()
        #expect(answers.all == [nil, nil, nil])
        for store in [store, try FileOffsetStore.immediate(folder.file)] {
            #expect(try store.offset("c", #"{"a":1,"b":2}"#) == #"{"p":2}"#)
            #expect(try store.offset("c", #"{"f":1}"#) == #"{"p":3}"#)
            #expect(try store.offset("c", #"{"gone":1}"#) == nil)
            #expect(try store.readAll(connector: "c").count == 2)
            #expect(try store.offset("d", "{}") == #"{"p":4}"#)
        }
    }

    @Test func `commits that come while the file is written share the next rewrite`() throws {
        let executor = ManualExecutor()
        let answers = Answers()
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file), submit: executor.submit)
        for number in 0..<5 {
            store.write(connector: "c\(number)", [OffsetChange("{}", #"{"p":1}"#)], answers.done)
        }
        #expect(executor.count == 1)
        #expect(answers.all.isEmpty, "no answer before the rename")
        executor.runAll()
        #expect(answers.all == [nil, nil, nil, nil, nil])
        #expect(try FileOffsetStore.immediate(folder.file).offset("c4", "{}") == #"{"p":1}"#)
    }

    @Test func `a write from a completion is not lost`() throws {
        let executor = ManualExecutor()
        let answers = Answers()
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file), submit: executor.submit)
        store.write(connector: "a", [OffsetChange("{}", #"{"p":1}"#)]) { _ in
            store.write(connector: "b", [OffsetChange("{}", #"{"p":2}"#)], answers.done)
        }
        executor.runAll()
        #expect(answers.all == [nil])
        #expect(try store.offset("b", "{}") == #"{"p":2}"#)
    }

    @Test func `reads show only what is durable`() throws {
        let executor = ManualExecutor()
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file), submit: executor.submit)
        store.write(connector: "a", [OffsetChange("{}", #"{"p":1}"#)]) { _ in }
        #expect(try store.offset("a", "{}") == nil)
        executor.runAll()
        #expect(try store.offset("a", "{}") == #"{"p":1}"#)
    }

    @Test(arguments: ["open", "write", "short write", "fsync", "close", "rename"], [ENOSPC, EIO, EDQUOT, EROFS])
    func `a failing call tells every waiter and leaves the old file`(call: String, number: Int32) throws {
        let before = try FileOffsetStore.immediate(folder.file)
        #expect(before.store("a", "{}", #"{"p":1}"#) == nil)
        let old = try folder.content()

        let executor = ManualExecutor()
        let answers = Answers()
        let calls = FileCalls.failing(call, number)
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file, calls: calls), submit: executor.submit)
        store.write(connector: "a", [OffsetChange("{}", #"{"p":2}"#)], answers.done)
        store.write(connector: "b", [OffsetChange("{}", #"{"p":3}"#)], answers.done)
        executor.runAll()
        #expect(answers.all == [.stateWrite, .stateWrite])
        #expect(try folder.content() == old)
        #expect(folder.names == ["offsets"])
        #expect(try store.offset("a", "{}") == #"{"p":1}"#)
        #expect(try store.offset("b", "{}") == nil)
    }

    @Test func `a crash before the rename leaves the last good state`() throws {
        let store = try FileOffsetStore.immediate(folder.file)
        #expect(store.store("a", "{}", #"{"p":1}"#) == nil)
        let next = OffsetFileFormat.encode([:])
        for length in 0...next.count {
            try folder.put(Array(next[..<length]), at: folder.file + ".tmp")
            let again = try FileOffsetStore.immediate(folder.file)
            #expect(try again.offset("a", "{}") == #"{"p":1}"#)
        }
        #expect(store.store("a", "{}", #"{"p":2}"#) == nil)
        #expect(folder.names == ["offsets"])
    }

    @Test func `a link left at the temporary name is not written through`() throws {
        let store = try FileOffsetStore.immediate(folder.file)
        try folder.put([1], at: folder.path + "/precious")
        #expect(symlink(folder.path + "/precious", folder.file + ".tmp") == 0)
        #expect(store.store("a", "{}", #"{"p":1}"#) == nil)
        #expect(try folder.content(of: folder.path + "/precious") == [1])
    }

    @Test func `a link is followed, so that the file behind it is replaced`() throws {
        try folder.put([], at: folder.path + "/real")
        #expect(symlink("real", folder.file) == 0)
        let store = try FileOffsetStore(path: folder.file) { $0() }
        #expect(store.store("a", "{}", #"{"p":1}"#) == nil)
        #expect(try FileOffsetStore.immediate(folder.path + "/real").offset("a", "{}") == #"{"p":1}"#)
    }

    @Test(arguments: [#"{"a":"#, "7", #"{"a":{}"#])
    func `nonsense from a plugin is refused and told later`(partition: String) throws {
        let executor = ManualExecutor()
        let answers = Answers()
        let store = try FileOffsetStore(file: AtomicFile(path: folder.file), submit: executor.submit)
        store.write(connector: "a", [OffsetChange(partition, #"{"p":1}"#)], answers.done)
        #expect(answers.all.isEmpty)
        executor.runAll()
        #expect(answers.all == [.pluginNonsense])
        #expect(throws: ConnectError.self) { try store.offset("a", partition) }
        #expect(folder.names == [])
    }
}

extension FileCalls {
    /// The system's calls, of which one fails. The folder's sync stays whole.
    static func failing(_ call: String, _ number: Int32) -> FileCalls {
        var calls = FileCalls()
        switch call {
        case "open":
            calls.open = { path, flags in
                guard flags & O_CREAT != 0 else { return Glibc.open(path, flags) }
                errno = number
                return -1
            }
        case "write":
            calls.write = { _, _ in
                errno = number
                return -1
            }
        case "short write":
            calls.write = { descriptor, bytes in
                guard bytes.count > 20 else {
                    errno = number
                    return -1
                }
                return Glibc.write(descriptor, bytes.baseAddress, 20)
            }
        case "fsync":
            calls.synchronize = { _ in
                errno = number
                return -1
            }
        case "close":
            calls.close = { descriptor in
                _ = Glibc.close(descriptor)
                errno = number
                return -1
            }
        default:
            calls.rename = { _, _ in
                errno = number
                return -1
            }
        }
        return calls
    }
}
