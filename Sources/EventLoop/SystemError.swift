import Glibc

/// A system call that failed.
public struct SystemError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The `errno` value.
    public let code: Int32
    /// The call, such as `connect`.
    public let call: String

    /// The failure of `call` with `code`.
    public init(_ call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    /// The failure of the last system call of this thread; to be made before anything else that may set `errno`.
    static func last(_ call: String) -> SystemError { SystemError(call, code: errno) }

    /// A deadline that passed before `call` ended.
    public static func timedOut(_ call: String) -> SystemError { SystemError(call, code: ETIMEDOUT) }

    /// As in `connect: Connection refused`.
    public var description: String {
        var buffer = [CChar](repeating: 0, count: 128)
        // The POSIX variant: fills the buffer and returns 0, or leaves it empty for an unknown code.
        guard strerror_r(code, &buffer, buffer.count) == 0 else { return "\(call): error \(code)" }
        let text = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return "\(call): \(String(decoding: text, as: UTF8.self))"
    }
}
