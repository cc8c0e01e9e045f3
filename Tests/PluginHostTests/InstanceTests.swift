import ConnectModel
import PluginTestKit
import Testing

@testable import PluginHost

/// The Verifiable plugin behind the ports, as the worker uses it.
@Suite struct InstanceTests {
    private let folder = TemporaryFolder()
    private let host: PluginHost

    init() throws {
        let library = try #require(CompiledPlugin.verifiable(in: folder))
        host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        #expect(host.broken.isEmpty, "\(host.broken.map(\.reason))")
    }

    private func lines(_ name: String) -> [Substring] { folder.text(name).split(separator: "\n") }

    private func config(_ more: [(String, String?)]) -> ConfigMap {
        ConfigMap([("name", "v"), ("topic", "t"), ("native.output.file", folder.file("lines"))] + more)
    }

    @Test func `a connector splits its work into tasks that keep its configuration, null keys left out`() throws {
        let connector = try host.makeConnector(try host.resolve("VerifiableSource"), services: TestServices())
        try connector.start(config([("null", nil)]))
        let tasks = try connector.taskConfigs(maximum: 3)
        #expect(tasks.map { $0["id"] } == ["0", "1", "2"])
        #expect(tasks.allSatisfy { $0["topic"] == "t" && !$0.contains("null") })
        #expect(try connector.reconfigure(config([])) == false)
        try connector.stop()
        connector.destroy()
    }

    @Test func `what a connector finds in its own checks comes with the key`() throws {
        let connector = try host.makeConnector(try host.resolve("VerifiableSource"), services: TestServices())
        #expect(try connector.validate(config([])) == [])
        let notes = try connector.validate(config([("native.faults", "nonsense")]))
        #expect(notes.map(\.key) == ["native.faults"])
        #expect(notes.first?.errors.first?.contains("'nonsense' is not CALL:KIND") == true)
        connector.destroy()
    }

    @Test func `a source goes on at its stored offset and learns what Kafka has`() throws {
        let services = TestServices(offsets: ["{\"id\":2}": "{\"seqno\":41}"])
        let task = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: services)
        try task.start(config([("id", "2"), ("throughput", "-1")]))
        #expect(services.state.asked == ["{\"id\":2}"])
        let batch = SourceBatch()
        guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "no records") }
        let first = try #require(batch.records.first)
        #expect(first.value.int64 == 42 && first.key.int64 == 2 && first.offset.int64 == 42)
        #expect(batch.sourcePartitions.first?.json == Array("{\"id\":2}".utf8))
        #expect(batch.sourcePartitions.first?.offsetKey == "seqno")
        #expect(batch.schemas.map(\.kind) == [.int32, .int64, .string, .structure])
        task.release(batch)
        try task.acknowledged(count: 2, dropped: [])
        try task.acknowledged(count: 1, dropped: [])
        let committed = lines("lines").filter { $0.contains("\"committed\":true") }
        #expect(committed.count == 3)
        #expect(committed.last?.contains("\"seqno\":44,") == true)
        try task.commit()
        try task.stop()
        task.destroy()
    }

    @Test func `tables are looked at again only when they are others`() throws {
        let task = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: TestServices())
        try task.start(config([("throughput", "-1"), ("native.output", "none")]))
        let batch = SourceBatch()
        var generations: Set<UInt64> = []
        for _ in 0..<3 {
            _ = task.poll(batch)
            generations.insert(batch.tableGeneration)
            task.release(batch)
        }
        #expect(generations.count == 1)
        task.destroy()
    }

    @Test func `structures come with the names and schemas of their fields`() throws {
        let task = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: TestServices())
        try task.start(config([("throughput", "-1"), ("native.output", "none"), ("complete.record.data", "true")]))
        let batch = SourceBatch()
        guard case .ok = task.poll(batch), let record = batch.records.first else {
            throw ConnectError(.taskFailed, "none")
        }
        let schema = batch.schemas[Int(record.valueSchema)]
        #expect(schema.fields.map(\.name) == ["name", "task", "topic", "time_ms", "seqno"])
        #expect(schema.fields.map(\.schema.kind) == [.string, .int32, .string, .int64, .int64])
        #expect(record.value.children.first?.text == "v" && record.value.children.count == 5)
        task.destroy()
    }

    @Test func `a failing call carries the plugin's words, a repeated one its kind`() throws {
        let task = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: TestServices())
        try task.start(config([("throughput", "-1"), ("native.faults", "poll:retry:1")]))
        guard case .retriable(let error) = task.poll(SourceBatch()) else { throw ConnectError(.taskFailed, "no retry") }
        #expect(error.retryAfter == 1_000_000_000)
        #expect(error.code == .pluginRetriable && error.message == "poll is to be repeated, as native.faults asks")
        let other = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: TestServices())
        do throws(ConnectError) {
            try other.start(config([("native.faults", "start:fail")]))
            Issue.record("the start did not fail")
        } catch {
            #expect(error.code == .pluginFailed && error.message.contains("start fails"))
        }
        other.destroy()
        task.destroy()
    }

    @Test func `how long a plugin wants to be left alone comes with its answer, an hour at most`() throws {
        let later: (String) -> [(String, String?)] = { ms in
            [("native.faults", "put:retry,connector.task_configs:retry"), ("native.faults.slow.ms", ms)]
        }
        for (ms, wait) in [("3000", 3_000_000_000), ("0", 0), ("4294967295", 3_600_000_000_000 as UInt64)] {
            let sink = try host.makeSinkTask(try host.resolve("VerifiableSink"), services: TestServices())
            try sink.start(config(later(ms)))
            let batch = SinkBatch()
            batch.tableGeneration = 1
            guard case .retriable(let error) = sink.put(batch) else { throw ConnectError(.taskFailed, "no retry") }
            #expect(error.retryAfter == wait)
            sink.destroy()
            let connector = try host.makeConnector(try host.resolve("VerifiableSource"), services: TestServices())
            try connector.start(config(later(ms)))
            do throws(ConnectError) {
                _ = try connector.taskConfigs(maximum: 1)
                Issue.record("it gave some")
            } catch {
                #expect(error.code == .pluginRetriable && error.retryAfter == wait)
            }
            connector.destroy()
        }
    }

    @Test func `the template in C asks for its next poll once a minute at least, whatever its interval`() throws {
        let library = try #require(CompiledPlugin.template(in: folder))
        let host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        for (interval, most) in [("3600000", 60_000), ("60000", 60_000), ("5000", 5000), ("2147483647", 60_000)] {
            let task = try host.makeSourceTask(try host.resolve("HeartbeatSource"), services: TestServices())
            try task.start(ConfigMap([("topic", "beats"), ("interval.ms", interval)]))
            let batch = SourceBatch()
            guard case .ok = task.poll(batch) else { throw ConnectError(.taskFailed, "no beat") }
            task.release(batch)
            guard case .wouldBlock(let wait) = task.poll(batch) else { throw ConnectError(.taskFailed, "no wait") }
            #expect((UInt64(most) - 2000) * 1_000_000...UInt64(most) * 1_000_000 ~= wait, "interval \(interval)")
            task.destroy()
        }
    }

    @Test func `a sink flushes what is about to be committed`() throws {
        let task = try host.makeSinkTask(try host.resolve("VerifiableSink"), services: TestServices())
        try task.start(config([("id", "0")]))
        let partition = TopicPartition(topic: "t", partition: 0)
        try task.open([partition])
        let batch = SinkBatch()
        batch.topics = ["t"]
        batch.tableGeneration = 1
        var record = ConnectRecord()
        record.value = .int64(7)
        record.offset = .int64(3)
        record.sourcePartition = -1
        let outcome = withUnsafeMutablePointer(to: &record) { pointer in
            batch.records = UnsafeMutableBufferPointer(start: pointer, count: 1)
            return task.put(batch)
        }
        guard case .ok = outcome else { throw ConnectError(.taskFailed, "put failed") }
        #expect(lines("lines").count == 1)
        let offsets = [TopicPartitionOffset(partition, 4)]
        #expect(try task.preCommit(offsets) == .safe(offsets))
        #expect(lines("lines").last?.contains("\"seqno\":7,\"offset\":3,") == true)
        #expect(lines("lines").last?.hasSuffix("\"flushed\":true}") == true)
        try task.close([partition])
        try task.stop()
        task.destroy()
    }

    @Test func `an interrupt from another thread ends a call that blocks`() async throws {
        let task = try host.makeSourceTask(try host.resolve("VerifiableSource"), services: TestServices())
        try task.start(config([("throughput", "-1"), ("native.output", "none"), ("native.faults", "poll:block")]))
        // Interrupting needs no lane; the box only carries the port to the other thread.
        let box = PortBox(task)
        let interrupter = Task.detached {
            while box.port.callUnderWay != "poll" { await Task.yield() }
            box.port.interrupt()
        }
        guard case .ok = task.poll(SourceBatch()) else { throw ConnectError(.taskFailed, "poll failed") }
        await interrupter.value
        #expect(task.callUnderWay == nil)
        task.destroy()
    }
}

/// Carries a port to where only its calls for any thread are made.
private struct PortBox: @unchecked Sendable {
    // Guard of the unchecked conformance: `interrupt` and `callUnderWay` may be called from any thread.
    let port: any SourceTaskPort
    init(_ port: any SourceTaskPort) { self.port = port }
}
