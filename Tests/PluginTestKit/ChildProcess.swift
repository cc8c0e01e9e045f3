import Glibc
import Synchronization

/// Runs a program to its end, for tests.
public enum ChildProcess {
    /// What a program left behind.
    public struct Result: Sendable {
        /// Exit status, or 128 plus the signal that ended it.
        public let status: Int32
        /// Standard output and standard error, as they came.
        public let output: String
    }

    /// No child is started while another's pipe is made: one that got it too would keep that one's input open, and two could
    /// wait for each other for ever.
    private static let starting = Mutex(())

    private static func makePipe(_ ends: inout [Int32]) -> Bool {
        starting.withLock { _ in
            guard pipe(&ends) == 0 else { return false }
            return ends.allSatisfy { fcntl($0, F_SETFD, FD_CLOEXEC) == 0 }
        }
    }

    /// Starts the program, found along PATH, and waits for its end.
    ///
    /// - Parameters:
    ///   - arguments: the program first.
    ///   - input: what its standard input gives.
    /// - Returns: status 127 when it could not be started.
    public static func run(_ arguments: [String], input: String = "") -> Result {
        var names: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        defer { for name in names { free(name) } }
        names.append(nil)
        var output: [Int32] = [0, 0]
        var standardInput: [Int32] = [0, 0]
        guard makePipe(&output), makePipe(&standardInput) else { return Result(status: 127, output: "no pipe") }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, standardInput[0], 0)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        posix_spawn_file_actions_adddup2(&actions, output[1], 2)
        var child = pid_t()
        let started = starting.withLock { _ in posix_spawnp(&child, arguments[0], &actions, nil, names, environ) }
        close(output[1])
        close(standardInput[0])
        let bytes = Array(input.utf8)
        _ = bytes.withUnsafeBytes { write(standardInput[1], $0.baseAddress, $0.count) }
        close(standardInput[1])
        defer { close(output[0]) }
        guard started == 0 else { return Result(status: 127, output: String(cString: strerror(started))) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(output[0], &buffer, buffer.count)
            if count > 0 { text += buffer[..<count] } else if count == 0 || errno != EINTR { break }
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return Result(
            status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: String(decoding: text, as: UTF8.self))
    }
}
