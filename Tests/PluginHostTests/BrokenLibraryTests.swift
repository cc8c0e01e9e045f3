import ConnectModel
import Glibc
import PluginTestKit
import Testing

@testable import PluginHost

@Suite struct BrokenLibraryTests {
    private let folder = TemporaryFolder()

    /// Why a library cannot be used; nil when it can.
    private func refusal(of library: String?) throws -> String? {
        let host = PluginHost(folders: [try #require(library)], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        #expect(host.plugins.count + host.broken.count == 1)
        return host.broken.first?.reason
    }

    private func refusal(_ source: String, options: [String] = []) throws -> String? {
        try refusal(of: CompiledPlugin.build("library", source, in: folder, options: options))
    }

    @Test func `a good library is usable`() throws {
        #expect(try refusal(CSources.minimal()) == nil)
    }

    @Test func `another magic number is told with both`() throws {
        let reason = try #require(try refusal(CSources.minimal(magic: "0x1234")))
        #expect(
            reason.contains("0x1234") && reason.contains("0x4e4e4f434b464b41") && reason.contains("kafka_connect.h"))
    }

    @Test func `another major version is told with both and the fix`() throws {
        let reason = try #require(try refusal(CSources.minimal(major: "7")))
        #expect(reason.contains("7.1") && reason.contains("0.1") && reason.contains("build it against"))
    }

    @Test func `a description that is too small is told with both sizes`() throws {
        let reason = try #require(try refusal(CSources.minimal(size: "16")))
        #expect(reason.contains("16 bytes") && reason.contains("64"))
    }

    @Test func `a library without the entry symbol is told so`() throws {
        let reason = try #require(try refusal(CSources.minimal(entry: "another_entry")))
        #expect(reason.contains("kafka_connect_entry"))
    }

    @Test func `a class without a function that it must have is named`() throws {
        let reason = try #require(try refusal(CSources.minimal(create: "0")))
        #expect(reason == "class org.example.MinimalSourceConnector lacks create, which every connector must have")
        #expect(
            try refusal(CSources.minimal(release: "0"))
                == "class org.example.MinimalSourceConnector lacks release_batch, which every source task must have")
    }

    @Test(arguments: ["9", "-1"]) func `a key of a type that nobody knows is named`(_ type: String) throws {
        let reason = try #require(try refusal(CSources.minimal(keyType: type)))
        #expect(reason == "key size of class org.example.MinimalSourceConnector has the unknown type \(type)")
    }

    @Test func `a text without an end is named`() throws {
        let reason = try #require(
            try refusal(
                CSources.minimal(
                    keyText: "endless",
                    extra:
                        "__attribute__((constructor)) static void c(void) { for (int i = 0; i < 70000; i++) endless[i] = 'x'; }"
                ).replacing(
                    "static const kc_validator range",
                    with: "static char endless[70001]; static const kc_validator range")))
        #expect(
            reason
                == "its documentation of key size of class org.example.MinimalSourceConnector does not end within 65536 bytes"
        )
    }

    @Test func `a symbol that nobody has is the linker's to name`() throws {
        let reason = try #require(
            try refusal(
                CSources.minimal(extra: "void nowhere(void); KC_EXPORT void f(void); void f(void) { nowhere(); }")))
        #expect(reason.contains("cannot be loaded") && reason.contains("nowhere"))
    }

    @Test(arguments: [
        ("a.so: failed to map segment from shared object", "plugin-folder.conf"),
        ("libfoo.so.1: cannot open shared object file: No such file or directory", "-Wl,-rpath"),
        ("undefined symbol: nowhere", ""),
    ])
    func `the linker's words are followed by the fix`(message: String, fix: String) {
        let advice = OpenLibrary.advice(on: message)
        #expect(fix.isEmpty ? advice.isEmpty : advice.contains(fix))
    }

    @Test func `a constructor that exits harms nobody`() throws {
        let reason = try #require(
            try refusal(CSources.minimal(extra: "__attribute__((constructor)) static void c(void) { _exit(0); }")))
        #expect(reason.contains("exit code 0"))
    }

    @Test func `a constructor that crashes harms nobody`() throws {
        let reason = try #require(
            try refusal(CSources.minimal(extra: "__attribute__((constructor)) static void c(void) { abort(); }")))
        #expect(reason.contains("signal 6"))
    }

    @Test func `a constructor that hangs is given two seconds`() throws {
        let reason = try #require(
            try refusal(
                CSources.minimal(extra: "__attribute__((constructor)) static void c(void) { for (;;) pause(); }")))
        #expect(reason.contains("2 s"))
    }

    @Test func `what a constructor prints does not hide the answer`() throws {
        #expect(
            try refusal(
                CSources.minimal(
                    extra: "__attribute__((constructor)) static void c(void) { (void)!write(1, \"{}\\nhello\\n\", 9); }"
                )) == nil)
    }

    @Test func `what a constructor prints into a buffer does not hide the answer`() throws {
        let prints = "__attribute__((constructor)) static void c(void) { printf(\"hello\\n{}\"); }"
        #expect(try refusal("#include <stdio.h>\n" + CSources.minimal(extra: prints)) == nil)
    }

    @Test func `a constructor that closes everybody's descriptors is told so`() throws {
        let closes = "__attribute__((constructor)) static void c(void) { for (int i = 3; i < 64; i++) close(i); }"
        let reason = try #require(try refusal(CSources.minimal(extra: closes)))
        #expect(reason.contains("close only what they opened"), "\(reason)")
        #expect(
            try refusal(
                CSources.minimal(extra: "__attribute__((constructor)) static void c(void) { close(0), close(1); }"))
                == nil)
    }

    @Test func `a destructor that hangs or crashes is not run`() throws {
        for end in ["for (;;) pause();", "abort();"] {
            #expect(
                try refusal(CSources.minimal(extra: "__attribute__((destructor)) static void d(void) { \(end) }"))
                    == nil)
        }
    }

    @Test func `a library that lies beside a plugin is not found there, and the refusal says what to do`() throws {
        let helper = "KC_EXPORT int help(void); int help(void) { return 1; }"
        _ = try #require(
            CompiledPlugin.build("libhelper", "#include \"kafka_connect.h\"\n\(helper)", in: folder))
        let uses = CSources.minimal(extra: "int help(void); KC_EXPORT int f(void); int f(void) { return help(); }")
        let options = { (path: String) in ["-L\(folder.path)", "-lhelper", "-Wl,-rpath,\(path)"] }
        let reason = try #require(try refusal(uses, options: options("$ORIGIN")))
        #expect(reason.contains("libhelper.so") && reason.contains("link it in statically"), "\(reason)")
        #expect(try refusal(uses, options: options(folder.path)) == nil)
    }

    @Test func `a text file is no library`() throws {
        let reason = try #require(try refusal(of: folder.write("text.so", "hello, I am no library\n")))
        #expect(reason.contains("not an ELF"))
        #expect(try #require(try refusal(of: folder.write("empty.so", ""))).contains("not an ELF"))
    }

    @Test func `a library that was cut short is told so at every length`() throws {
        let library = try #require(CompiledPlugin.build("whole", CSources.minimal(), in: folder))
        let bytes = folder.read("whole.so")
        #expect(bytes.count > 5000)
        for length in [4, 40, 63, 64, 100, 1000, bytes.count / 2] {
            let reason = try #require(try refusal(of: folder.write("cut.so", bytes[..<length])))
            #expect(reason.contains("cut short"), "\(length): \(reason)")
        }
        #expect(try refusal(of: library) == nil)
    }

    @Test func `other classes, types and processors are told apart`() throws {
        _ = try #require(CompiledPlugin.build("whole", CSources.minimal(), in: folder))
        var bytes = folder.read("whole.so")
        bytes[18] = 8
        #expect(try #require(try refusal(of: folder.write("mips.so", bytes))).contains("processor 8"))
        bytes[16] = 2
        #expect(try #require(try refusal(of: folder.write("program.so", bytes))).contains("-shared"))
        bytes[4] = 1
        #expect(try #require(try refusal(of: folder.write("small.so", bytes))).contains("32 bits"))
    }

    @Test func `an executable stack is refused`() throws {
        let reason = try #require(try refusal(CSources.minimal(), options: ["-Wl,-z,execstack"]))
        #expect(reason.contains("noexecstack"))
    }

    @Test func `files and folders that others may write are refused`() throws {
        let library = try #require(CompiledPlugin.build("library", CSources.minimal(), in: folder))
        chmod(library, 0o666)
        #expect(try #require(try refusal(of: library)).contains("chmod go-w"))
        chmod(library, 0o644)
        chmod(folder.path, 0o777)
        let reason = try #require(try refusal(of: library))
        #expect(reason.contains("the folder \(folder.path)") && reason.contains("chmod go-w"))
        chmod(folder.path, 0o700)
        #expect(try refusal(of: library) == nil)
    }

    @Test func `a link is judged by what it leads to`() throws {
        let open = TemporaryFolder()
        let library = try #require(CompiledPlugin.build("library", CSources.minimal(), in: open))
        #expect(symlink(library, folder.file("link.so")) == 0)
        #expect(try refusal(of: folder.file("link.so")) == nil)
        chmod(open.path, 0o777)
        #expect(try #require(try refusal(of: folder.file("link.so"))).contains("the folder \(open.path)"))
    }

    @Test func `a folder or FIFO with the name of a library is refused`() throws {
        #expect(mkfifo(folder.file("fifo.so"), 0o600) == 0)
        let host = PluginHost(folders: [folder.path], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        #expect(host.broken.map(\.reason) == ["is not a regular file"])
    }
}
