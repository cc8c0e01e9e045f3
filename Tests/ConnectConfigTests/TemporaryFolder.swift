import Glibc
import Testing

/// Runs `body` with a folder of its own, which is gone afterwards.
func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    var template = Array("/tmp/connect-config-XXXXXX".utf8CString)
    let path = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { remove(folder: path) }
    return try body(path)
}

/// Runs `body` with the path of a file that holds `text`.
func withFile<T>(_ name: String, _ text: String, _ body: (String) throws -> T) throws -> T {
    try withFolder { folder in
        let path = "\(folder)/\(name)"
        try write(text, to: path)
        return try body(path)
    }
}

func write(_ text: String, to path: String) throws {
    let file = try #require(fopen(path, "w"))
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
}

private func remove(folder: String) {
    guard let handle = opendir(folder) else { return }
    while let entry = readdir(handle) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name != ".", name != ".." else { continue }
        let path = "\(folder)/\(name)"
        if unlink(path) != 0 { remove(folder: path) }
    }
    closedir(handle)
    rmdir(folder)
}
