import ConnectModel
import PluginTestKit
import Testing

@testable import PluginHost

@Suite struct NonsenseTests {
    private let folder = TemporaryFolder()

    private func task(_ mode: Int) throws -> any SourceTaskPort {
        let library = try #require(CompiledPlugin.build("nonsense", CSources.nonsense, in: folder))
        let host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        let task = try host.makeSourceTask(try host.resolve("NonsenseSource"), services: TestServices())
        try task.start(ConfigMap([("mode", "\(mode)")]))
        return task
    }

    @Test func `every broken rule of a batch fails the poll, names the rule and gives the batch back`() throws {
        let task = try task(0)
        let batch = SourceBatch()
        for mode in 1...26 {
            try task.start(ConfigMap([("mode", "\(mode)")]))
            guard case .fatal(let error) = task.poll(batch) else {
                Issue.record("mode \(mode) was taken")
                task.release(batch)
                continue
            }
            #expect(error.code == .pluginNonsense, "mode \(mode): \(error)")
            #expect(batch.records.isEmpty, "mode \(mode)")
        }
        task.destroy()
    }

    @Test func `a good batch is taken and an unknown status is a failure`() throws {
        let task = try task(0)
        let batch = SourceBatch()
        guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "the good batch was refused") }
        #expect(batch.records.count == 2)
        #expect(batch.records.map { $0.value.text } == ["ok", "ok"])
        #expect(batch.topics == ["t"] && batch.sourcePartitions.first?.offsetKey == "p")
        task.release(batch)
        try task.start(ConfigMap([("mode", "50")]))
        guard case .fatal(let error) = task.poll(batch) else {
            throw ConnectError(.taskFailed, "status 1234 was taken")
        }
        #expect(error.code == .pluginFailed)
        task.destroy()
    }
}
