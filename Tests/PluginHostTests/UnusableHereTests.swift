import ConnectModel
import Glibc
import PluginTestKit
import Testing

@testable import PluginHost

/// Libraries that a probing child takes and this process cannot use.
@Suite struct UnusableHereTests {
    private let folder = TemporaryFolder()

    /// A host whose probes say of every library what a good one declares.
    private func host(_ source: String) throws -> PluginHost {
        let good = try #require(CompiledPlugin.build("good", CSources.minimal(), in: folder))
        let answer = ChildProcess.run([WorkerProgram.path, "plugins", "--probe", good]).output
        folder.write("answer", answer)
        let program = folder.write("probe", "#!/bin/sh\nexec cat '\(folder.file("answer"))'\n")
        chmod(program, 0o755)
        let library = try #require(CompiledPlugin.build("library", source, in: folder))
        let host = PluginHost(folders: [library], program: program, cacheFolder: nil)
        host.rescan()
        #expect(host.plugins.count == 1, "\(host.broken.map(\.reason))")
        return host
    }

    /// What is said to three uses of the class.
    private func refusals(_ host: PluginHost) throws -> [String] {
        let plugin = try #require(host.plugins.first)
        return (0..<3).map { _ in
            do throws(ConnectError) {
                _ = try host.makeConnector(plugin, services: TestServices())
                return "used"
            } catch {
                return error.message
            }
        }
    }

    /// Descriptors of this process that lead to the library.
    private var descriptors: Int {
        var count = 0
        for descriptor in 0..<1024 {
            var target = [CChar](repeating: 0, count: 4096)
            guard readlink("/proc/self/fd/\(descriptor)", &target, target.count - 1) > 0 else { continue }
            let path = String(decoding: target.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if path == folder.file("library.so") { count += 1 }
        }
        return count
    }

    @Test func `one that cannot be loaded is closed again, and tried again`() throws {
        let lacking = CSources.minimal(extra: "void nowhere(void); KC_EXPORT void f(void); void f(void) { nowhere(); }")
        let texts = try refusals(host(lacking))
        #expect(texts.allSatisfy { $0.contains("nowhere") }, "\(texts)")
        #expect(descriptors == 0)
    }

    @Test(arguments: [
        ("another_entry", "exports no kafka_connect_entry"),
        ("kafka_connect_entry", "kafka_connect_entry returned no plugin"),
    ])
    func `one that is loaded and no plugin is loaded once`(entry: String, reason: String) throws {
        let texts = try refusals(host(CSources.minimal(magic: "0x1234", entry: entry)))
        #expect(texts.allSatisfy { $0.contains(reason) }, "\(texts)")
        #expect(descriptors == 1, "it is in this process for good, under the name of its descriptor")
    }
}
