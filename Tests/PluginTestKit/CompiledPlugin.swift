import Glibc

/// Compiles C sources against `kafka_connect.h`, for tests that need a library made to order.
public enum CompiledPlugin {
    /// The folder that holds `kafka_connect.h`.
    public static var headerFolder: String { repository + "/Sources/ConnectABI/include" }

    static var repository: String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(3)
        return parts.joined(separator: "/")
    }

    /// A C compiler that is here.
    public static let compiler =
        ["cc", "clang", "gcc"].first { ChildProcess.run([$0, "--version"]).status == 0 } ?? "cc"

    /// Compiles a shared library from source text.
    ///
    /// - Returns: path of the library, or nil with the compiler's complaints printed.
    public static func build(
        _ name: String, _ source: String, in folder: TemporaryFolder, options: [String] = []
    ) -> String? {
        build(name, files: [folder.write("\(name).c", source)], in: folder, options: options)
    }

    /// Compiles a shared library from files.
    public static func build(
        _ name: String, files: [String], in folder: TemporaryFolder, options: [String] = []
    ) -> String? {
        let library = folder.file("\(name).so")
        let result = ChildProcess.run(
            [compiler, "-std=c11", "-O2", "-fPIC", "-shared", "-fvisibility=hidden", "-I", headerFolder, "-o", library]
                + files + options)
        if result.status != 0 { print(result.output) }
        return result.status == 0 ? library : nil
    }

    /// Compiles the Verifiable plugin, as strictly as a C author could.
    public static func verifiable(in folder: TemporaryFolder) -> String? {
        let sources = repository + "/Plugins/Verifiable"
        let files = ["verifiable", "connector", "source", "sink", "faults", "support"].map { "\(sources)/\($0).c" }
        return build(
            "verifiable", files: files, in: folder,
            options: ["-I", "\(sources)/include", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-lpthread"])
    }
}

extension CompiledPlugin {
    /// Compiles the template that authors of connectors in C begin with.
    public static func template(in folder: TemporaryFolder) -> String? {
        build(
            "heartbeat", files: [repository + "/packaging/templates/c/heartbeat.c"], in: folder,
            options: ["-std=gnu11", "-Wall", "-Wextra", "-Werror"])
    }
}

/// A library opened in the test's own process; it stays open.
public enum LoadedPlugin {
    /// The description that the library gives.
    public static func descriptor(_ path: String) -> UnsafeRawPointer? {
        guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, "kafka_connect_entry")
        else { return nil }
        typealias Entry = @convention(c) () -> UnsafeRawPointer?
        return unsafeBitCast(symbol, to: Entry.self)()
    }
}
