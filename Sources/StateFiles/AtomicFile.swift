import Glibc

/// A file that is only ever seen as it was or as it is to be: it is written under another name in the same folder, synced,
/// renamed, and the folder synced.
struct AtomicFile: Sendable {
    let path: String
    var calls = FileCalls()

    /// The name under which the next content is written; a leftover of a crash is overwritten.
    var temporaryPath: String { path + ".tmp" }

    /// The folder that holds the file.
    var folder: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Replaces the content. On an error the file is as it was, save where syncing the folder failed: then it may be either.
    func replace(with content: [UInt8]) throws(FileFailure) {
        // A leftover, or a link that somebody placed there, must not be written through: hence unlink and O_EXCL.
        _ = calls.unlink(temporaryPath)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let descriptor = FileCalls.uninterrupted { calls.open(temporaryPath, flags) }
        guard descriptor >= 0 else { throw FileFailure("open", temporaryPath) }
        do throws(FileFailure) {
            try fill(descriptor, with: content)
            guard calls.rename(temporaryPath, path) == 0 else { throw FileFailure("rename", path) }
        } catch {
            _ = calls.unlink(temporaryPath)
            throw error
        }
        try synchronizeFolder()
    }

    /// Closes the descriptor in every case.
    private func fill(_ descriptor: Int32, with content: [UInt8]) throws(FileFailure) {
        do throws(FileFailure) {
            try write(content, to: descriptor)
            guard FileCalls.uninterrupted({ calls.synchronize(descriptor) }) == 0 else {
                throw FileFailure("fsync", temporaryPath)
            }
        } catch {
            _ = calls.close(descriptor)
            throw error
        }
        // Network file systems tell of a full disk only here.
        guard calls.close(descriptor) == 0 || errno == EINTR else { throw FileFailure("close", temporaryPath) }
    }

    private func write(_ content: [UInt8], to descriptor: Int32) throws(FileFailure) {
        var done = 0
        while done < content.count {
            let count = content[done...].withUnsafeBytes { rest in
                FileCalls.uninterrupted { calls.write(descriptor, rest) }
            }
            guard count > 0 else { throw FileFailure("write", temporaryPath) }
            done += count
        }
    }

    private func synchronizeFolder() throws(FileFailure) {
        let descriptor = FileCalls.uninterrupted { calls.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw FileFailure("open", folder) }
        let result = FileCalls.uninterrupted { calls.synchronize(descriptor) }
        let failure = result == 0 ? nil : FileFailure("fsync", folder)
        _ = calls.close(descriptor)
        if let failure { throw failure }
    }
}

extension AtomicFile {
    /// What a regular file holds; nil where there is no file.
    ///
    /// - Parameter limit: bytes beyond which the file is refused with `EFBIG`.
    static func read(_ path: String, limit: Int) throws(FileFailure) -> [UInt8]? {
        // O_NONBLOCK keeps a FIFO of that name from holding the start up.
        let descriptor = FileCalls.uninterrupted { open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC) }
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw FileFailure("open", path)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileFailure("stat", path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            errno = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL
            throw FileFailure("read", path)
        }
        guard status.st_size <= limit else {
            errno = EFBIG
            throw FileFailure("read", path)
        }
        return try readAll(descriptor, path, expected: Int(status.st_size), limit: limit)
    }

    private static func readAll(
        _ descriptor: Int32, _ path: String, expected: Int, limit: Int
    ) throws(FileFailure) -> [UInt8] {
        var content: [UInt8] = []
        content.reserveCapacity(expected)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { room in
                FileCalls.uninterrupted { Glibc.read(descriptor, room.baseAddress, room.count) }
            }
            guard count >= 0 else { throw FileFailure("read", path) }
            if count == 0 { return content }
            content += chunk[..<count]
            guard content.count <= limit else {
                errno = EFBIG
                throw FileFailure("read", path)
            }
        }
    }
}
