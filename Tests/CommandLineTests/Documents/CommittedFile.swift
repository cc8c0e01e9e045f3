import Glibc
import Testing

/// A file of the repository that is written from the program's tables.
struct CommittedFile {
    let path: String

    /// - Parameter name: its path within the repository.
    init(_ name: String) {
        let top = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        path = "/\(top)/\(name)"
    }

    /// Its text; empty where it is missing.
    var text: String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Fails where the file is not `wanted`. With `RECORD=1` in the environment it is written anew, and the test fails so that
    /// nobody records by mistake.
    func expect(_ wanted: String) {
        guard getenv("RECORD").map({ String(cString: $0) }) == "1" else {
            #expect(text == wanted, "\(path) differs from the program's tables; run this test with RECORD=1")
            return
        }
        let bytes = Array(wanted.utf8)
        if let file = fopen(path, "w") {
            fwrite(bytes, 1, bytes.count, file)
            fclose(file)
        }
        Issue.record("\(path) was written anew")
    }
}
