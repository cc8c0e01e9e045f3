import Glibc

/// A folder of its own for one test, removed with everything in it.
public final class TemporaryFolder: Sendable {
    /// Absolute, without a slash at its end.
    public let path: String

    /// Makes the folder, readable and writable by its owner alone.
    ///
    /// - Parameter base: where; nil for the system's folder of temporary files.
    public init(in base: String? = nil) {
        let base = base ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/kafka-connect-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "\(base)/kafka-connect-test-none"
    }

    deinit {
        _ = ChildProcess.run(["rm", "-rf", "--", path])
    }

    /// Path of a file in the folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file anew, or at its end.
    ///
    /// - Returns: its path.
    @discardableResult
    public func write(_ name: String, _ bytes: some Sequence<UInt8>, append: Bool = false) -> String {
        let path = file(name)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0o644)
        let all = Array(bytes)
        _ = all.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        return path
    }

    /// Writes a text file anew, or at its end.
    @discardableResult
    public func write(_ name: String, _ text: String, append: Bool = false) -> String {
        write(name, text.utf8, append: append)
    }

    /// Contents of a file; empty when it is not there.
    public func read(_ name: String) -> [UInt8] {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Contents of a text file.
    public func text(_ name: String) -> String { String(decoding: read(name), as: UTF8.self) }
}
