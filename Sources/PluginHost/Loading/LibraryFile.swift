import ConnectModel
import Glibc

/// A plugin's file, opened once and checked through its descriptor, so that what is checked is what is loaded.
///
/// The descriptor stays open for the life of a loaded library: its number is the name under which the dynamic linker knows it.
struct LibraryFile {
    let path: String
    let descriptor: Int32
    /// Device, inode, size and times: tells one build of a file from another.
    let identity: String
    let build: PluginBuild

    /// Opens and checks a library.
    ///
    /// Refused are files and folders that others than root or the worker's own user may write, and files that are no shared
    /// library of this machine.
    static func open(_ path: String) throws(PluginRefusal) -> LibraryFile {
        guard let resolved = realPath(path) else { throw PluginRefusal("cannot be opened: \(errorText(errno))") }
        try checkFolders(of: resolved)
        // Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
        let descriptor = Glibc.open(resolved, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw PluginRefusal("cannot be opened: \(errorText(errno))") }
        do throws(PluginRefusal) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                throw PluginRefusal("cannot be examined: \(errorText(errno))")
            }
            guard status.st_mode & S_IFMT == S_IFREG else { throw PluginRefusal("is not a regular file") }
            try checkWriters(status, "the file")
            try ELFCheck(descriptor: descriptor, size: Int64(status.st_size)).check()
            let build = PluginBuild(
                file: "\(status.st_dev):\(status.st_ino)",
                content: "\(status.st_size):\(status.st_mtim.tv_sec).\(status.st_mtim.tv_nsec)")
            let identity = "\(build.file):\(build.content):\(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)"
            return LibraryFile(path: path, descriptor: descriptor, identity: identity, build: build)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    func close() { Glibc.close(descriptor) }

    /// Every folder up to the root may be written by root or the worker's own user only; a sticky one keeps files of others
    /// from being replaced.
    private static func checkFolders(of path: String) throws(PluginRefusal) {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        while !parts.isEmpty {
            let folder = parts.count == 1 ? "/" : parts.joined(separator: "/")
            var status = stat()
            guard stat(folder, &status) == 0 else {
                throw PluginRefusal("its folder \(folder) cannot be examined: \(errorText(errno))")
            }
            if status.st_mode & mode_t(S_ISVTX) == 0 { try checkWriters(status, "the folder \(folder)") }
            parts = parts.dropLast()
        }
    }

    private static func checkWriters(_ status: stat, _ what: String) throws(PluginRefusal) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw PluginRefusal(
                "\(what) belongs to user \(status.st_uid), who could replace it: chown it to root or to the worker's user"
            )
        }
        guard status.st_mode & mode_t(S_IWOTH) == 0, status.st_mode & mode_t(S_IWGRP) == 0 || status.st_gid == 0 else {
            throw PluginRefusal("\(what) may be written by others: chmod go-w it")
        }
    }

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(decoding: UnsafeRawBufferPointer(start: resolved, count: strlen(resolved)), as: UTF8.self)
    }
}

/// What an error number means.
func errorText(_ code: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    _ = strerror_r(code, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
