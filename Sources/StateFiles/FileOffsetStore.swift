package import ConnectModel
import Glibc
import Logging
import Synchronization

/// Source offsets in one file, for standalone mode: `offset.storage.file.filename`.
///
/// Thread-safe. Reads are answered from memory with what is durable. Writes are gathered: one rewrite of the file takes
/// every change that came while the one before it was under way, and each is told of its end after the rename. A failed
/// rewrite leaves file and memory as they were. Source: `org.apache.kafka.connect.storage.FileOffsetBackingStore`, whose file
/// is taken over.
package final class FileOffsetStore: OffsetStore {
    private struct Change {
        let key: OffsetKey
        let connector: String
        let partition: [UInt8]
        let offset: [UInt8]?
    }

    private struct Request {
        let changes: [Change]
        let done: @Sendable (ConnectError?) -> Void
    }

    private struct State {
        /// What the file holds.
        var durable: OffsetTable
        var waiting: [Request] = []
        var isWriting = false
    }

    private let file: AtomicFile
    private let submit: @Sendable (@escaping @Sendable () -> Void) -> Void
    private let logger: Logger
    private let state: Mutex<State>

    /// Reads the file. Blocks; for the start of the worker.
    ///
    /// - Parameters:
    ///   - path: the file, which may be missing; a symbolic link is followed once, here.
    ///   - submit: runs blocking work one after the other, off every event loop.
    /// - Throws: `state.damaged`, naming the file and what is wrong, `config.unreadable`, or `state.write` for a folder that
    ///   cannot be written to.
    package convenience init(
        path: String, submit: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) throws(ConnectError) {
        try self.init(file: AtomicFile(path: Self.resolved(path)), submit: submit)
    }

    init(
        file: AtomicFile, submit: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) throws(ConnectError) {
        self.file = file
        self.submit = submit
        logger = Logger("connect.offsets.file")
        state = Mutex(State(durable: try OffsetFileLoader(file: file, logger: logger).load()))
    }

    package func read(
        connector: String, partitions: [[UInt8]], isWanted: (() -> Bool)?
    ) throws(ConnectError) -> [[UInt8]?] {
        var keys: [OffsetKey] = []
        keys.reserveCapacity(partitions.count)
        for partition in partitions {
            do {
                keys.append(try OffsetEntry.partition(partition, of: connector).key)
            } catch {
                throw Self.nonsense(connector, error)
            }
        }
        return state.withLock { state in keys.map { state.durable[$0]?.offset } }
    }

    package func readAll(connector: String) throws(ConnectError) -> [OffsetChange] {
        let table = state.withLock { $0.durable }
        return table.filter { $0.value.connector.utf8.elementsEqual(connector.utf8) }
            .sorted { $0.key < $1.key }
            .map { OffsetChange(partition: $0.value.partition, offset: $0.value.offset) }
    }

    package func write(
        connector: String, _ changes: [OffsetChange], _ done: @escaping @Sendable (ConnectError?) -> Void
    ) {
        let request: Request
        do {
            request = Request(changes: try Self.checked(changes, of: connector), done: done)
        } catch {
            let error = Self.nonsense(connector, error)
            // Not on the caller's thread, as every other answer.
            submit { done(error) }
            return
        }
        let mustStart = state.withLock { state in
            state.waiting.append(request)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if mustStart { submit { self.writeWaiting() } }
    }

    /// One rewrite of the file for everything that waits; goes on by itself while more came.
    private func writeWaiting() {
        let (requests, durable) = state.withLock { state in
            defer { state.waiting = [] }
            return (state.waiting, state.durable)
        }
        var table = durable
        for change in requests.lazy.flatMap(\.changes) { Self.apply(change, to: &table) }
        let error = replaceFile(with: table)
        let goesOn = state.withLock { state in
            if error == nil { state.durable = table }
            state.isWriting = !state.waiting.isEmpty
            return state.isWriting
        }
        for request in requests { request.done(error) }
        if goesOn { submit { self.writeWaiting() } }
    }

    private func replaceFile(with table: OffsetTable) -> ConnectError? {
        do {
            try file.replace(with: OffsetFileFormat.encode(table))
            return nil
        } catch {
            let error = ConnectError(.stateWrite, "The offsets file cannot be written: \(error)")
            logger.error(error.message, [.errorCode(error.code.rawValue)])
            return error
        }
    }

    /// Keeps the bytes under which a partition was first stored.
    private static func apply(_ change: Change, to table: inout OffsetTable) {
        guard let offset = change.offset else {
            table[change.key] = nil
            return
        }
        let partition = table[change.key]?.partition ?? change.partition
        table[change.key] = OffsetEntry(connector: change.connector, partition: partition, offset: offset)
    }

    private static func checked(
        _ changes: [OffsetChange], of connector: String
    ) throws(OffsetEntry.Refusal) -> [Change] {
        var checked: [Change] = []
        checked.reserveCapacity(changes.count)
        for change in changes {
            let (key, partition) = try OffsetEntry.partition(change.partition, of: connector)
            var offset: [UInt8]?
            if let bytes = change.offset { offset = try OffsetEntry.offset(bytes) }
            checked.append(Change(key: key, connector: connector, partition: partition, offset: offset))
        }
        return checked
    }

    private static func nonsense(_ connector: String, _ refusal: OffsetEntry.Refusal) -> ConnectError {
        ConnectError(.pluginNonsense, "Connector \(connector) gave offsets that cannot be stored: \(refusal.reason)")
    }

    /// The path with its links followed, so that the file behind a link is replaced and not the link.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }
}
