import Glibc

/// The system calls that replacing a file is made of. A value, so that a test can let any one of them fail.
struct FileCalls: Sendable {
    /// `open(2)` with mode 0600: a descriptor, or −1 and `errno`.
    var open: @Sendable (_ path: String, _ flags: Int32) -> Int32 = { Glibc.open($0, $1, 0o600) }
    /// `write(2)`.
    var write: @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int = {
        Glibc.write($0, $1.baseAddress, $1.count)
    }
    /// `fsync(2)`.
    var synchronize: @Sendable (_ descriptor: Int32) -> Int32 = { fsync($0) }
    /// `close(2)`.
    var close: @Sendable (_ descriptor: Int32) -> Int32 = { Glibc.close($0) }
    /// `rename(2)`.
    var rename: @Sendable (_ old: String, _ new: String) -> Int32 = { Glibc.rename($0, $1) }
    /// `unlink(2)`.
    var unlink: @Sendable (_ path: String) -> Int32 = { Glibc.unlink($0) }

    /// Repeats a call that a signal interrupted.
    static func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }
}

/// A system call that failed: which one, on what, and why.
struct FileFailure: Error, Equatable, CustomStringConvertible {
    /// Such as `open`.
    let call: String
    let path: String
    /// `errno`.
    let number: Int32

    /// Takes `errno` as it stands; nothing may come between the call and this.
    init(_ call: String, _ path: String) {
        number = errno
        self.call = call
        self.path = path
    }

    var description: String { "\(call) '\(path)': \(String(cString: strerror(number)))" }
}
