internal import Glibc

/// Reads whole files, up to a limit.
enum FileContents {
    /// A configuration longer than this is not one.
    static let limit = 1 << 20

    /// The bytes of a file, or why there are none. Never reads more than `limit` bytes, and waits for nothing but a disk:
    /// pipes and devices are refused.
    ///
    /// - Parameter followsLinks: false refuses a path whose last part is a symbolic link.
    static func read(
        _ path: String, limit: Int = limit, followsLinks: Bool = true
    ) throws(FileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (followsLinks ? 0 : O_NOFOLLOW))
        guard descriptor >= 0 else { throw FileError(reason: text(of: errno), isMissing: errno == ENOENT) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError(reason: text(of: errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError(reason: "not a regular file") }
        guard status.st_size <= limit else { throw FileError(reason: "larger than \(limit) bytes") }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw FileError(reason: text(of: errno))
            }
            guard bytes.count + count <= limit else { throw FileError(reason: "larger than \(limit) bytes") }
            bytes += chunk[..<count]
        }
    }

    static func text(of error: Int32) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(error, &buffer, buffer.count) == 0 else { return "error \(error)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Why a file could not be read.
struct FileError: Error {
    let reason: String
    var isMissing = false
}
