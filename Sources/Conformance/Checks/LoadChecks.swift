import ConnectABI
import Glibc

/// What loading the library does, which happens in every worker, and before that in a child that only looks.
enum LoadChecks {
    /// The one whose process must print nothing.
    static let quietCheck = "process"

    static let all = [
        Check("load", "it loads, and the entry gives the same constant description every time", needs: ["file"]) {
            (subject) throws(CheckEnd) in
            try load(subject)
        },
        Check(quietCheck, "loading it changes nothing of the process, and prints nothing") {
            (subject) throws(CheckEnd) in
            try process(subject)
        },
    ]

    private static func load(_ subject: Check.Subject) throws(CheckEnd) {
        let session = subject.session
        let entry = try Library.entry(subject)
        guard let first = session.call("kafka_connect_entry", { entry() }) else {
            session.problem("kafka_connect_entry returned NULL")
            throw .stop
        }
        let size = min(Int(first.pointee.struct_size), MemoryLayout<kc_plugin>.size)
        let before = Array(UnsafeRawBufferPointer(start: first, count: max(size, 16)))
        let second = session.call("the second call of kafka_connect_entry") { entry() }
        if second != first {
            session.problem("a second call of kafka_connect_entry returns another address: the description is static")
        }
        let isChanged = !before.elementsEqual(UnsafeRawBufferPointer(start: first, count: before.count))
        // From another thread, as the worker may have it.
        let address = UInt(bitPattern: first)
        Thread.start {
            if UInt(bitPattern: entry()) != address {
                session.problem(
                    "kafka_connect_entry returns another address on another thread: the description is static")
            }
        }.join()
        if isChanged || !before.elementsEqual(UnsafeRawBufferPointer(start: first, count: before.count)) {
            session.problem("the description changes between two calls of kafka_connect_entry: it is static")
        }
    }

    private static func process(_ subject: Check.Subject) throws(CheckEnd) {
        let before = ProcessState()
        let entry = try Library.entry(subject)
        _ = subject.session.call("kafka_connect_entry") { entry() }
        let after = ProcessState()
        for change in before.changes(after) { subject.session.problem("loading it \(change)") }
        if after.threads > before.threads {
            subject.session.problem("loading it starts \(after.threads - before.threads) threads: leave that to start")
        }
        // One that the dynamic linker opens is closed again.
        if after.descriptors > before.descriptors {
            subject.session.problem(
                "loading it opens \(after.descriptors - before.descriptors) files or sockets: leave that to start")
        }
        let children = ProcessState.content("/proc/self/task/\(getpid())/children")
        if !children.isEmpty { subject.session.problem("loading it starts another process: leave that to start") }
    }
}
