import CConformance
import Glibc

/// What a process shares, and a library must leave as it is.
struct ProcessState {
    private static let lastSignal: Int32 = 64
    private static let limits: [(name: String, number: Int32)] = [
        ("RLIMIT_CPU", 0), ("RLIMIT_FSIZE", 1), ("RLIMIT_DATA", 2), ("RLIMIT_STACK", 3), ("RLIMIT_CORE", 4),
        ("RLIMIT_NPROC", 6), ("RLIMIT_NOFILE", 7), ("RLIMIT_MEMLOCK", 8), ("RLIMIT_AS", 9),
    ]

    private let handlers: [UInt64]
    private let mask: [Bool]
    private let locale: String
    private let threadLocale: UInt
    private let umask: String
    private let folder: String
    private let limits: [UInt64]
    private let environment: [String]
    private let arithmetic: UInt64
    private let niceness: Int32
    let threads: Int
    let descriptors: Int

    /// The state now, of the process and of this thread.
    init() {
        handlers = (1...Self.lastSignal).map { ccf_handler($0) }
        var set = sigset_t()
        pthread_sigmask(SIG_BLOCK, nil, &set)
        mask = (1...Self.lastSignal).map { sigismember(&set, $0) == 1 }
        locale = setlocale(LC_ALL, nil).map { String(cString: $0) } ?? ""
        threadLocale = UInt(ccf_thread_locale())
        umask = Self.status("Umask:")
        var buffer = [CChar](repeating: 0, count: 4096)
        folder = getcwd(&buffer, buffer.count).map { String(cString: $0) } ?? ""
        limits = Self.limits.flatMap { [ccf_limit($0.number, 0), ccf_limit($0.number, 1)] }
        environment = Self.variables()
        arithmetic = ccf_arithmetic()
        niceness = getpriority(__priority_which_t(0), 0)
        threads = Self.entries("/proc/self/task").count
        descriptors = Self.entries("/proc/self/fd").count
    }

    /// What is different now, each with its remedy.
    func changes(_ now: ProcessState) -> [String] {
        var found: [String] = []
        for index in handlers.indices where handlers[index] != now.handlers[index] {
            found.append("changes what signal \(index + 1) does: the worker's handlers are not the library's to set")
        }
        if mask != now.mask {
            found.append("changes which signals the worker's thread blocks: block them in threads of its own")
        }
        if locale != now.locale {
            found.append(
                "changes the locale from \(locale) to \(now.locale): use newlocale and the functions that end in _l")
        }
        if threadLocale != now.threadLocale { found.append("leaves another locale in the worker's thread (uselocale)") }
        if umask != now.umask { found.append("changes the umask from \(umask) to \(now.umask): use fchmod") }
        if folder != now.folder {
            found.append("changes the working folder to \(now.folder): use openat and full paths")
        }
        for (index, limit) in Self.limits.enumerated() {
            let range = 2 * index..<2 * index + 2
            if limits[range] != now.limits[range] { found.append("changes the limit \(limit.name)") }
        }
        if environment != now.environment {
            let names = Set(environment).symmetricDifference(now.environment).map { $0.prefix { $0 != "=" } }
            found.append(
                "changes the environment (\(Set(names).sorted().joined(separator: ", "))): other threads read it")
        }
        if arithmetic != now.arithmetic {
            found.append(
                "changes how the worker's thread calculates: link without -ffast-math, and give back rounding and traps"
            )
        }
        if niceness != now.niceness { found.append("changes the priority of the process") }
        return found
    }

    private static func variables() -> [String] {
        var result: [String] = []
        var place = environ
        while let text = place.pointee {
            result.append(String(cString: text))
            place += 1
        }
        return result.sorted()
    }

    /// A value of /proc/self/status.
    static func status(_ name: String) -> String {
        let line = content("/proc/self/status").split(separator: "\n").first { $0.hasPrefix(name) }
        return line.map { $0.dropFirst(name.count).filter { !$0.isWhitespace } } ?? ""
    }

    static func content(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }

    static func entries(_ folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    /// Waits for threads to end that a call has told to; what is left after a while.
    static func threadsAfter(_ wanted: Int) -> Int {
        for _ in 0..<25 {
            let count = entries("/proc/self/task").count
            if count <= wanted { return count }
            usleep(20_000)
        }
        return entries("/proc/self/task").count
    }
}
