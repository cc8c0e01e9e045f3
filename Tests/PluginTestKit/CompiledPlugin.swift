import Glibc

/// Compiles C sources against `kafka_connect.h`, for tests that need a library made to order.
public enum CompiledPlugin {
    /// The folder that holds `kafka_connect.h`.
    public static var headerFolder: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/") + "/Sources/ConnectABI/include"
    }

    /// A C compiler that is here.
    public static let compiler =
        ["cc", "clang", "gcc"].first { ChildProcess.run([$0, "--version"]).status == 0 } ?? "cc"

    /// Compiles a shared library.
    ///
    /// - Returns: path of the library, or nil with the compiler's complaints printed.
    public static func build(
        _ name: String, _ source: String, in folder: TemporaryFolder, options: [String] = []
    ) -> String? {
        let code = folder.write("\(name).c", source)
        let library = folder.file("\(name).so")
        let result = ChildProcess.run(
            [compiler, "-std=c11", "-O1", "-g", "-fPIC", "-shared", "-I", headerFolder, "-o", library, code] + options)
        if result.status != 0 { print(result.output) }
        return result.status == 0 ? library : nil
    }
}
