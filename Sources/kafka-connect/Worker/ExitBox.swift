import Glibc
import Synchronization

/// Where the main thread waits for the worker's end and learns the exit code.
final class ExitBox: Sendable {
    private let code = Mutex<Int32?>(nil)
    private let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Ends the wait. The first code counts. Any thread.
    func finish(_ code: Int32) {
        let isFirst = self.code.withLock { stored in
            guard stored == nil else { return false }
            stored = code
            return true
        }
        guard isFirst else { return }
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Blocks until ``finish(_:)``. Main thread.
    func wait() -> Int32 {
        var byte: UInt8 = 0
        while read(readEnd, &byte, 1) < 0, errno == EINTR {}
        return code.withLock { $0 } ?? 0
    }
}
