import ConnectABI
import ConnectModel
import Glibc
import PluginTestKit
import Settings
import Testing

@testable import PluginHost

@Suite struct CatalogTests {
    private let folder = TemporaryFolder()

    private func host(_ classes: [String], cache: String? = nil, program: String = WorkerProgram.path) throws
        -> PluginHost
    {
        for (index, name) in classes.enumerated() {
            _ = try #require(CompiledPlugin.build("lib\(index)", CSources.minimal(className: name), in: folder))
        }
        let host = PluginHost(folders: [folder.path, "/nowhere"], program: program, cacheFolder: cache)
        host.rescan()
        return host
    }

    private func refusal(_ host: PluginHost, _ name: String) -> ConnectError? {
        do throws(ConnectError) {
            _ = try host.resolve(name)
            return nil
        } catch { return error }
    }

    @Test func `a class answers to its full and simple name, with and without Connector`() throws {
        let host = try host(["org.example.FooSourceConnector", "org.example.Bar"])
        for name in ["org.example.FooSourceConnector", "FooSourceConnector", "FooSource"] {
            #expect(try host.resolve(name).className == "org.example.FooSourceConnector")
        }
        #expect(try host.resolve("Bar").kind == .source)
    }

    @Test func `an unknown class is told with the nearest name and the folders`() throws {
        let error = try #require(refusal(try host(["org.example.FooSourceConnector"]), "FooSorce"))
        #expect(error.code == .configUnknownClass && error.message.contains("did you mean FooSource"))
        #expect(error.message.contains(folder.path) && error.message.contains("/nowhere"))
    }

    @Test func `a name that two classes answer to is ambiguous, their full names are not`() throws {
        let host = try host(["org.a.FooConnector", "org.b.FooConnector"])
        #expect(refusal(host, "Foo")?.code == .configAmbiguousClass)
        #expect(try host.resolve("org.b.FooConnector").className == "org.b.FooConnector")
    }

    @Test func `of two versions of a class the higher is used`() throws {
        for (name, version) in [("a", "1.9"), ("b", "1.10"), ("c", "1.10-rc1")] {
            _ = try #require(CompiledPlugin.build(name, CSources.minimal(version: version), in: folder))
        }
        let host = PluginHost(folders: [folder.path], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        #expect(host.plugins.map(\.version) == ["1.10"])
    }

    @Test func `of two libraries with one version of a class the first is used, and both are told`() throws {
        func found(_ path: String, _ version: String) -> PluginHost.FoundClass {
            PluginHost.FoundClass(
                description: PluginDescription(
                    className: "org.Foo", aliases: [], kind: .source, version: version, location: path),
                table: SettingsTable(), path: path, identity: path)
        }
        let (chosen, twins) = PluginHost.highestVersions([found("/a", "1"), found("/b", "2"), found("/c", "2")])
        #expect(chosen.map(\.path) == ["/b"])
        #expect(twins == [.init(className: "org.Foo", version: "2", used: "/b", ignored: "/c")])
        #expect(PluginHost.highestVersions([found("/a", "1"), found("/b", "2")]).twins.isEmpty)
    }

    @Test func `what was probed is not probed again until the file changes`() throws {
        let cache = TemporaryFolder()
        let first = try host(["org.example.One"], cache: cache.path)
        #expect(first.plugins.count == 1)
        let second = PluginHost(folders: [folder.path], program: "/nowhere/program", cacheFolder: cache.path)
        second.rescan()
        #expect(second.plugins.map(\.className) == ["org.example.One"], "\(second.broken.map(\.reason))")
        folder.write("lib0.so", [0], append: true)
        second.rescan()
        #expect(second.plugins.isEmpty && second.broken.count == 1)
    }

    @Test func `without a folder for the cache a scan looks into changed files alone`() throws {
        let one = try #require(CompiledPlugin.build("one", CSources.minimal(className: "org.example.One"), in: folder))
        // The probing program is gone after the first scan, as where no process can be made.
        let program = "\(folder.path)/probe"
        #expect(symlink(WorkerProgram.path, program) == 0)
        let host = PluginHost(folders: [one], program: program, cacheFolder: nil)
        host.rescan()
        #expect(host.plugins.count == 1)
        #expect(unlink(program) == 0)
        host.rescan()
        #expect(host.plugins.count == 1 && host.broken.isEmpty)
    }

    @Test func `a library that was replaced is not opened before it was looked into, and an open one stays in use`()
        throws
    {
        let host = try host(["org.example.One"])
        let plugin = try host.resolve("org.example.One")
        let services = TestServices()
        _ = try #require(CompiledPlugin.build("other", CSources.minimal(className: "org.example.One"), in: folder))
        #expect(rename("\(folder.path)/other.so", "\(folder.path)/lib0.so") == 0)
        let error = #expect(throws: ConnectError.self) { _ = try host.makeConnector(plugin, services: services) }
        #expect(error?.message.contains("was replaced since it was looked at: reload the worker") == true)
        host.rescan()
        try host.makeConnector(plugin, services: services).destroy()
        #expect(unlink("\(folder.path)/lib0.so") == 0)
        try host.makeConnector(plugin, services: services).destroy()
    }

    @Test func `a library that is replaced or written over is told from the one before`() throws {
        let host = try host(["org.example.One"])
        let first = try #require(host.plugins.first?.build)
        host.rescan()
        #expect(host.plugins.first?.build == first)
        folder.write("lib0.so", [0], append: true)
        host.rescan()
        let written = try #require(host.plugins.first?.build)
        #expect(written.file == first.file && written.content != first.content)
        // Beside it first, so that the inode cannot be the same one again.
        _ = try #require(CompiledPlugin.build("other", CSources.minimal(className: "org.example.One"), in: folder))
        #expect(rename("\(folder.path)/other.so", "\(folder.path)/lib0.so") == 0)
        host.rescan()
        let replaced = try #require(host.plugins.first?.build)
        #expect(host.plugins.count == 1 && replaced.file != first.file)
    }

    @Test func `the keys of a class keep type, default and validator`() throws {
        let host = try host(["org.example.One"])
        let table = host.table(of: try host.resolve("One"))
        let key = try #require(table["size"])
        #expect(key.type == .int && key.defaultText == "5" && key.documentation == "How much")
        #expect(key.validator?.problem(key: "size", value: .integer(0)) != nil)
        #expect(key.validator?.problem(key: "size", value: .integer(1)) == nil)
    }

    @Test func `a task passes on what its plugin answers`() throws {
        let host = try host(["org.example.One"])
        let task = try host.makeSourceTask(try host.resolve("One"), services: TestServices())
        try task.start(ConfigMap())
        let batch = SourceBatch()
        guard case .wouldBlock(let wait) = task.poll(batch) else { throw ConnectError(.taskFailed, "no would-block") }
        #expect(wait == 5_000_000 && task.callUnderWay == nil)
        try task.stop()
        task.destroy()
    }
}
