import Glibc
import PluginKit

/// A file that is appended to, a FIFO or standard output.
///
/// Confined to its task; the interruption that it was made with ends its waits. Between ``begin()`` and ``end()`` a regular
/// file is locked, so that tasks with the same file do not mix their lines, and so that a failed write can be taken back.
final class OutputFile {
    private let descriptor: Int32
    private let name: String
    private let isRegular: Bool
    private let interruption: Interruption
    private var isOpen = true
    private var isLocked = false
    /// Size before ``begin()``, and what was written since.
    private var sizeBefore: off_t = 0
    private var written = 0

    private init(descriptor: Int32, name: String, isRegular: Bool, _ interruption: Interruption) {
        self.interruption = interruption
        self.descriptor = descriptor
        self.name = name
        self.isRegular = isRegular
    }

    deinit {
        if isOpen && descriptor != STDOUT_FILENO { Glibc.close(descriptor) }
    }

    static func standardOutput(_ interruption: Interruption) -> OutputFile {
        OutputFile(descriptor: STDOUT_FILENO, name: "standard output", isRegular: false, interruption)
    }

    /// Opens a file for appending, and makes it when there is none.
    static func open(_ path: String, _ interruption: Interruption) throws(PluginError) -> OutputFile {
        // Without O_NONBLOCK, opening a FIFO waits until somebody reads from it.
        let descriptor = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0o666)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            let error = SystemError.opening(
                "Couldn't find or create file '\(path)' for FileStreamSinkTask", errno)
            if descriptor >= 0 { Glibc.close(descriptor) }
            throw error
        }
        return OutputFile(
            descriptor: descriptor, name: path, isRegular: status.st_mode & S_IFMT == S_IFREG, interruption)
    }

    /// Starts a unit that is written wholly or, in a regular file, not at all.
    func begin() throws(PluginError) {
        written = 0
        guard isRegular else { return }
        try lock()
        var status = stat()
        sizeBefore = fstat(descriptor, &status) == 0 ? status.st_size : -1
    }

    /// Waits for the lock. A file system without locks is written to all the same; nothing is taken back there.
    private func lock() throws(PluginError) {
        while true {
            isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
            if isLocked || errno != EWOULDBLOCK && errno != EINTR { return }
            if interruption.isSet { throw failure("the task was stopped while another process had the file locked") }
            _ = poll(nil, 0, 10)
        }
    }

    /// Ends the unit.
    func end() {
        if isLocked { flock(descriptor, LOCK_UN) }
        isLocked = false
    }

    /// Appends all bytes.
    func write(_ bytes: UnsafeRawBufferPointer) throws(PluginError) {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = Glibc.write(descriptor, start, rest.count)
            if count > 0 {
                written += count
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if count == 0 || errno == EAGAIN {
                try waitUntilWritable()
            } else if errno != EINTR {
                throw failure(SystemError.text(errno))
            }
        }
    }

    /// Closes what was opened; standard output stays.
    func close() throws(PluginError) {
        guard isOpen, descriptor != STDOUT_FILENO else { return }
        isOpen = false
        // Network file systems tell of failed writes here.
        if Glibc.close(descriptor) != 0 && errno != EINTR {
            throw .fatal("Couldn't close \(name): \(SystemError.text(errno))")
        }
    }

    private func waitUntilWritable() throws(PluginError) {
        if interruption.isSet { throw failure("the task was stopped while nobody read") }
        var question = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&question, 1, 100)
    }

    /// Undoes what can be undone, and says what happened.
    private func failure(_ reason: String) -> PluginError {
        guard written > 0 else { return .fatal("Couldn't write to \(name): \(reason)") }
        var status = stat()
        if isLocked, sizeBefore >= 0, fstat(descriptor, &status) == 0, status.st_size == sizeBefore + off_t(written),
            ftruncate(descriptor, sizeBefore) == 0
        {
            return .fatal(
                "Couldn't write to \(name): \(reason); it was cut back to its \(sizeBefore) bytes from before")
        }
        return .fatal("Couldn't write to \(name): \(reason), after \(written) bytes of these records had been written")
    }
}
