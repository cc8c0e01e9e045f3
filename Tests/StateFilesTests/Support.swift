import ConnectModel
import Glibc
import Logging
import Synchronization

@testable import StateFiles

/// A folder of its own for one test, taken away with everything in it.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/state-files-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw FileFailure("mkdtemp", "/tmp") }
        path = String(cString: made)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        for name in names { rmdir(path + "/" + name) }
        rmdir(path)
    }

    /// Path of the offsets file.
    var file: String { path + "/offsets" }

    /// What the folder holds, sorted.
    var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func put(_ content: [UInt8], at path: String? = nil) throws {
        try AtomicFile(path: path ?? file).replace(with: content)
    }

    func content(of path: String? = nil) throws -> [UInt8]? { try AtomicFile.read(path ?? file, limit: 1 << 20) }
}

/// Work that is run when the test says so.
final class ManualExecutor: Sendable {
    private let jobs = Mutex<[@Sendable () -> Void]>([])

    var submit: @Sendable (@escaping @Sendable () -> Void) -> Void {
        { job in self.jobs.withLock { $0.append(job) } }
    }

    var count: Int { jobs.withLock { $0.count } }

    func runAll() {
        while let job = jobs.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { job() }
    }
}

/// Answers of writes, in the order in which they came.
final class Answers: Sendable {
    private let list = Mutex<[ErrorCode?]>([])

    var all: [ErrorCode?] { list.withLock { $0 } }

    var done: @Sendable (ConnectError?) -> Void {
        { error in self.list.withLock { $0.append(error?.code) } }
    }
}

extension FileOffsetStore {
    /// A store whose work runs at once.
    static func immediate(_ path: String, calls: FileCalls = FileCalls()) throws(ConnectError) -> FileOffsetStore {
        try FileOffsetStore(file: AtomicFile(path: path, calls: calls)) { $0() }
    }

    /// Writes one partition's offset and gives the answer, with a store whose work runs at once.
    func store(_ connector: String, _ partition: String, _ offset: String?) -> ErrorCode? {
        let answers = Answers()
        write(connector: connector, [OffsetChange(partition, offset)], answers.done)
        return answers.all.first ?? .workerFailed
    }

    func offset(_ connector: String, _ partition: String) throws(ConnectError) -> String? {
        try read(connector: connector, partitions: [Array(partition.utf8)], isWanted: nil)[0].map {
            String(decoding: $0, as: UTF8.self)
        }
    }
}

extension OffsetChange {
    init(_ partition: String, _ offset: String?) {
        self.init(partition: Array(partition.utf8), offset: offset.map { Array($0.utf8) })
    }
}
