import Glibc

/// The command line as the kernel has it.
///
/// The standard library finds it beside the environment, and finds nothing once a preloaded library has changed that before
/// `main` (libfaketime does).
enum ProcessArguments {
    /// All of them, the program's name first.
    static func read() -> [String] {
        let known = Swift.CommandLine.arguments
        guard known.isEmpty || known == [""], let bytes = content(of: "/proc/self/cmdline") else { return known }
        // Each ends with a zero byte.
        return bytes.split(separator: 0, omittingEmptySubsequences: false).dropLast().map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    private static func content(of path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = fread(&block, 1, block.count, file)
            guard count > 0 else { return bytes }
            bytes += block[..<count]
        }
    }
}
