import ConnectABI
import Glibc
import PluginTestKit
import Synchronization
import Testing

@testable import PluginKit

/// What the instances of one test leave behind, as a thread that is not joined would hold it.
private let leftContexts = Mutex<[HostContext]>([])

private func leave(_ context: HostContext) { leftContexts.withLock { $0.append(context) } }

private final class LeavingSource: SourceConnector {
    typealias Task = LeavingSourceTask
    static var definition: ClassDefinition {
        ClassDefinition(name: "org.example.LeavingSource", documentation: "For tests.", keys: [])
    }

    private let context: HostContext

    init(context: HostContext) {
        self.context = context
        leave(context)
    }

    deinit { context.log(.info, "the connector goes") }

    func start(_ configuration: Configuration) throws(PluginError) {}
    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] { [] }
}

private final class LeavingSourceTask: SourceTask {
    private let context: HostContext

    init(context: HostContext) {
        self.context = context
        leave(context)
    }

    deinit { context.log(.info, "the source task goes") }

    func start(_ configuration: Configuration) throws(PluginError) {}
    func poll(_ records: SourceRecords, maximum: Int) throws(PluginError) -> PollAnswer { .records }
}

private final class LeavingSink: SinkConnector {
    typealias Task = LeavingSinkTask
    static var definition: ClassDefinition {
        ClassDefinition(name: "org.example.LeavingSink", documentation: "For tests.", keys: [])
    }

    init(context: HostContext) {}
    func start(_ configuration: Configuration) throws(PluginError) {}
    func taskConfigurations(maximum: Int) throws(PluginError) -> [Configuration] { [] }
}

private final class LeavingSinkTask: SinkTask {
    private let context: HostContext

    init(context: HostContext) {
        self.context = context
        leave(context)
    }

    deinit { context.log(.info, "the sink task goes") }

    func start(_ configuration: Configuration) throws(PluginError) {}
    func put(_ records: SinkRecords) throws(PluginError) {}
}

@Suite struct HostContextTests {
    private static let plugin = Plugin(
        name: "leaving", version: "1", description: "For tests",
        classes: [.source(LeavingSource.self), .sink(LeavingSink.self)])

    @Test func `what outlives its instance reaches the worker no more, and a deinit does`() throws {
        let source = try #require(PluginUnderTest(Self.plugin.descriptor, "org.example.LeavingSource"))
        let sink = try #require(PluginUnderTest(Self.plugin.descriptor, "org.example.LeavingSink"))
        let connector = try #require(source.klass.pointee.connector).pointee
        var handle: UnsafeMutableRawPointer?
        _ = PluginUnderTest.call { connector.create(source.klass, source.fake.host, source.fake.context, &handle, $0) }
        connector.destroy(handle)
        SourceTaskDriver(source).destroy()
        _ = SinkTaskDriver(sink)
        let contexts = leftContexts.withLock { $0 }
        #expect(contexts.count == 3)
        for context in contexts {
            context.log(.error, "too late")
            context.raise("too late")
            context.wake()
            context.requestTaskReconfiguration()
            context.requestCommit()
            context.setRetryTimeout(milliseconds: 1)
            #expect(context.features == [])
            #expect(!hasOffsets(context))
        }
        #expect(source.fake.state.log == ["INFO the connector goes", "INFO the source task goes"])
        #expect(sink.fake.state.log == ["INFO the sink task goes"])
        for state in [source.fake.state, sink.fake.state] {
            #expect(state.errors == [] && state.wakes == 0 && state.reconfigurations == 0 && state.commits == 0)
        }
    }

    private func hasOffsets(_ context: HostContext) -> Bool {
        do throws(PluginError) {
            return try context.storedOffsets(of: [.null]).count == 1
        } catch {
            return false
        }
    }

    private final class Shared: Sendable {
        let handle = HostHandle(OpaquePointer(bitPattern: 8))
        let log = Mutex<[String]>([])
    }

    @Test func `a handle is taken away once the calls that use it have returned`() {
        let shared = Shared()
        var thread = pthread_t()
        let argument = Unmanaged.passRetained(shared)
        _ = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let shared = Unmanaged<Shared>.fromOpaque(argument).takeRetainedValue()
                shared.handle.use { _ in
                    shared.log.withLock { $0.append("used") }
                    // Time for the other to overtake, where nothing holds it up.
                    for _ in 0..<200 where shared.log.withLock({ $0.count == 1 }) { usleep(500) }
                    // A call out of the worker's answer is let in, though somebody waits for the handle.
                    shared.handle.use { _ in shared.log.withLock { $0.append("within") } }
                }
                return nil
            }, argument.toOpaque())
        while shared.log.withLock({ $0.isEmpty }) { usleep(100) }
        shared.handle.retire()
        shared.log.withLock { $0.append("retired") }
        pthread_join(thread, nil)
        #expect(shared.log.withLock { $0 } == ["used", "within", "retired"])
        #expect(shared.handle.use { _ in true } == nil)
    }
}
