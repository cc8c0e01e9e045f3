import ConnectModel
import PluginTestKit
import Testing

@testable import PluginHost

@Suite struct HostServicesTests {
    private let folder = TemporaryFolder()
    private let services = TestServices()
    private let host: PluginHost
    private let task: any SinkTaskPort

    init() throws {
        let library = try #require(CompiledPlugin.build("asking", CSources.asking, in: folder))
        host = PluginHost(folders: [library], program: WorkerProgram.path, cacheFolder: nil)
        host.rescan()
        task = try host.makeSinkTask(try host.resolve("AskingSink"), services: services)
        try task.start(ConfigMap())
    }

    /// Puts one record for each number.
    private func put(_ numbers: [Int64], to other: (any SinkTaskPort)? = nil) -> PluginOutcome {
        let batch = SinkBatch()
        batch.topics = ["t"]
        batch.tableGeneration = 1
        var records = numbers.map { number in
            var record = ConnectRecord()
            record.value = .int64(number)
            return record
        }
        return records.withUnsafeMutableBufferPointer { buffer in
            batch.records = buffer
            return (other ?? task).put(batch)
        }
    }

    @Test func `a sink's wishes reach the runtime in their order`() throws {
        guard case .ok = put([1, 2, 3, 4, 5, 7, 10, 11]) else { throw ConnectError(.taskFailed, "a service failed") }
        #expect(services.state.asked == ["pause [t-0]", "resume [t-0]", "rewind [5]", "commit", "timeout 250"])
    }

    @Test func `a bad record is reported with its place in the batch`() throws {
        guard case .ok = put([4, 6]) else { throw ConnectError(.taskFailed, "the report failed") }
        #expect(services.state.badRecords == [1])
    }

    @Test func `a task learns whether bad records are wanted`() throws {
        guard case .ok = put([12]) else { throw ConnectError(.taskFailed, "they are wanted") }
        let other = try host.makeSinkTask(
            try host.resolve("AskingSink"), services: TestServices(wantsBadRecords: false))
        try other.start(ConfigMap())
        guard case .ok = put([13], to: other) else { throw ConnectError(.taskFailed, "they are not wanted") }
        other.destroy()
    }

    @Test func `wakes and errors outside calls are passed on`() throws {
        guard case .ok = put([8, 9]) else { throw ConnectError(.taskFailed, "a service failed") }
        #expect(services.state.wakes == 1 && services.state.errors.map(\.message) == ["outside"])
    }

    @Test func `a put that wants weeks to pass gets an hour`() {
        guard case .wouldBlock(retryAfter: 3_600_000_000_000) = put([14]) else {
            Issue.record("the partitions would be paused for weeks")
            return
        }
    }

    @Test(arguments: [20, 21, 22, 23, 24, 25] as [Int64])
    func `wishes that make no sense are answered with an error and not passed on`(_ number: Int64) throws {
        guard case .fatal(let error) = put([number]) else { throw ConnectError(.taskFailed, "\(number) was accepted") }
        #expect(!error.message.isEmpty)
        #expect(services.state.asked.isEmpty && services.state.badRecords.isEmpty)
    }
}
