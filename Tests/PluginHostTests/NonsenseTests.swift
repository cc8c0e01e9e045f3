import ConnectModel
import PluginTestKit
import Testing

@testable import PluginHost

@Suite struct NonsenseTests {
    private let folder = TemporaryFolder()

    private func host() throws -> PluginHost {
        let library = try #require(CompiledPlugin.build("nonsense", CSources.nonsense, in: folder))
        let host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        return host
    }

    private func task(_ mode: Int) throws -> any SourceTaskPort {
        let host = try host()
        let task = try host.makeSourceTask(try host.resolve("NonsenseSource"), services: TestServices())
        try task.start(ConfigMap([("mode", "\(mode)")]))
        return task
    }

    @Test func `every broken rule of a batch fails the poll, names the rule and gives the batch back`() throws {
        let task = try task(0)
        let batch = SourceBatch()
        for mode in 1...38 {
            try task.start(ConfigMap([("mode", "\(mode)")]))
            guard case .fatal(let error) = task.poll(batch) else {
                Issue.record("mode \(mode) was taken")
                task.release(batch)
                continue
            }
            #expect(error.code == .pluginNonsense, "mode \(mode): \(error)")
            #expect(error.message.hasPrefix("The plugin returned "), "mode \(mode): \(error)")
            #expect(batch.records.isEmpty, "mode \(mode)")
        }
        task.destroy()
    }

    @Test func `a good batch is taken and an unknown status is a failure`() throws {
        let task = try task(0)
        let batch = SourceBatch()
        switch task.poll(batch) {
        case .ok: break
        case .fatal(let error), .retriable(let error): throw error
        case .wouldBlock: throw ConnectError(.taskFailed, "no batch")
        }
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

    private func message(_ task: any SourceTaskPort, _ mode: Int) throws -> String {
        try task.start(ConfigMap([("mode", "\(mode)")]))
        switch task.poll(SourceBatch()) {
        case .fatal(let error), .retriable(let error): return error.message
        case .ok, .wouldBlock: return "taken"
        }
    }

    @Test func `what is wrong with a record is a sentence`() throws {
        let task = try task(0)
        #expect(try message(task, 5).hasPrefix("The plugin returned record 1, which refers to a topic"))
        #expect(try message(task, 30) == "The plugin returned record 1, which holds an INT8 of 128")
        #expect(try message(task, 34) == "The plugin returned record 1 for the negative Kafka partition -1")
        #expect(try message(task, 27).hasSuffix("with the name of a header that is not UTF-8"))
        #expect(
            try message(task, 37)
                == "The plugin returned record 1, which has a number for an offset, and its source partition has no offset_key"
        )
        #expect(try message(task, 38) == "The plugin returned record 1 with the negative timestamp -1")
        #expect(try message(task, 35).contains("which is too large"))
        #expect(
            try message(task, 36) == "The plugin returned two equal source partitions with different offset keys")
        task.destroy()
    }

    @Test func `numbers at the ends of their ranges are taken`() throws {
        let task = try task(60)
        let batch = SourceBatch()
        guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "the batch was refused") }
        #expect(batch.records.map { $0.value.int64 } == [Int64(Int32.max), -128])
        task.release(batch)
        task.destroy()
    }

    @Test func `equal source partitions are one, however often and in what order of keys they stand in the table`()
        throws
    {
        let task = try task(61)
        let batch = SourceBatch()
        guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "the batch was refused") }
        let texts = batch.sourcePartitions.map { String(decoding: $0.json, as: UTF8.self) }
        #expect(texts == ["{\"b\":2,\"a\":1}", "{\"a\":1,\"b\":3}"])
        #expect(batch.sourcePartitions.map(\.offsetKey) == ["p", "p"])
        #expect(batch.records.map(\.sourcePartition) == [1, 0])
        let identity = batch.sourcePartitions.first.map { String(decoding: $0.identity, as: UTF8.self) }
        #expect(identity == "{\"a\":1,\"b\":2}")
        task.release(batch)
        task.destroy()
    }

    @Test(arguments: [63, 64])
    func `an offset that is a number needs a key in one of its partition's entries only`(mode: Int) throws {
        let task = try task(mode)
        let batch = SourceBatch()
        guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "the batch was refused") }
        #expect(batch.records.count == 2)
        task.release(batch)
        task.destroy()
    }

    @Test func `a plugin is told in ranges which records Kafka has and which were left out`() throws {
        let task = try task(0)
        try task.acknowledged(count: 3, dropped: [])
        try task.acknowledged(count: 5, dropped: [1..<3])
        try task.acknowledged(count: 4, dropped: [0..<1, 2..<4])
        do throws(ConnectError) {
            try task.commit()
            Issue.record("the plugin did not answer")
        } catch {
            #expect(
                error.message
                    == "0+3 | 3+1 4+2 dropped 6+2 | 8+1 dropped 9+1 10+2 dropped | ")
        }
        task.destroy()
    }

    @Test func `what a plugin says when it is told of records is handed on, and the numbers go on`() throws {
        let task = try task(70)
        for dropped in [[], [0..<1]] {
            do throws(ConnectError) {
                try task.acknowledged(count: 2, dropped: dropped)
                Issue.record("its failure is hidden")
            } catch {
                #expect(error.message == "no room")
                #expect(error.code == (dropped.isEmpty ? .pluginRetriable : .pluginFailed))
            }
        }
        try task.start(ConfigMap([("mode", "0")]))
        try task.acknowledged(count: 1, dropped: [])
        do throws(ConnectError) { try task.commit() } catch { #expect(error.message == "4+1 | ") }
        task.destroy()
    }

    @Test(arguments: ["flush", "pre_commit"])
    func `a commit that is put off is told from one that failed`(function: String) throws {
        let source = CSources.puttingOff.replacing("FUNCTION", with: function)
        let library = try #require(CompiledPlugin.build("putting-off", source, in: folder))
        let host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        let task = try host.makeSinkTask(try host.resolve("PuttingOffSink"), services: TestServices())
        try task.start(ConfigMap())
        let offsets = [TopicPartitionOffset(TopicPartition(topic: "t", partition: 0), 4)]
        #expect(try task.preCommit(offsets) == .notYet(retryAfter: 40_000_000))
        do throws(ConnectError) {
            _ = try task.preCommit(offsets)
            Issue.record("its failure is hidden")
        } catch {
            #expect(error.code == .pluginRetriable && error.message == "busy")
        }
        task.destroy()
    }

    @Test func `a hint that was negative once is an hour`() throws {
        let task = try task(62)
        guard case .wouldBlock(retryAfter: 3_600_000_000_000) = task.poll(SourceBatch()) else {
            throw ConnectError(.taskFailed, "the task would not be polled for weeks")
        }
        task.destroy()
    }

    @Test func `nothing of the process's memory comes with an error that was not written`() throws {
        let task = try task(0)
        #expect(try message(task, 52).hasPrefix("xxxx"))
        #expect(try message(task, 52).hasSuffix("says that its text has 4000000000 bytes; there is room for 4096)"))
        #expect(try message(task, 51) == "the plugin failed in poll and gave no reason")
        task.destroy()
    }

    @Test func `a batch that came with a failure is given back`() throws {
        let task = try task(0)
        for mode in [50, 53, 51] { _ = try message(task, mode) }
        #expect(try message(task, 0) == "taken", "the plugin would answer that its batch was kept")
        task.destroy()
    }

    @Test(arguments: [(1, "not UTF-8"), (2, "negative length"), (3, "at no address"), (4, "not UTF-8")])
    func `texts of task configurations that are none are refused`(_ mode: Int, _ reason: String) throws {
        let host = try host()
        let connector = try host.makeConnector(try host.resolve("NonsenseSource"), services: TestServices())
        try connector.start(ConfigMap([("mode", "0")]))
        #expect(try connector.taskConfigs(maximum: 1).map { $0["key"] } == ["value"])
        try connector.start(ConfigMap([("mode", "\(mode)")]))
        do throws(ConnectError) {
            _ = try connector.taskConfigs(maximum: 1)
            Issue.record("mode \(mode) was taken")
        } catch {
            #expect(error.code == .pluginNonsense && error.message.contains(reason), "\(error)")
        }
        connector.destroy()
    }

    @Test func `task configurations are bounded together, whatever they share in the plugin`() throws {
        let host = try host()
        let connector = try host.makeConnector(try host.resolve("NonsenseSource"), services: TestServices())
        try connector.start(ConfigMap([("mode", "70")]))
        #expect(try connector.taskConfigs(maximum: 1025).count == 1024)
        try connector.start(ConfigMap([("mode", "71")]))
        do throws(ConnectError) {
            _ = try connector.taskConfigs(maximum: 1025)
            Issue.record("more than the limit was taken")
        } catch {
            #expect(error.code == .pluginNonsense && error.message.contains("67108864 bytes together"), "\(error)")
        }
        connector.destroy()
    }
}
