import ConnectABI
import PluginTestKit
import Testing

@testable import FileStream
@testable import PluginKit

@Suite struct FileStreamConnectorTests {
    private let fake = FakeHost()

    private func source() -> FileStreamSourceConnector {
        FileStreamSourceConnector(context: HostContext(host: fake.host, handle: fake.context))
    }

    private let config = Configuration([.init("file", "/tmp/x"), .init("topic", "t")])

    private func refusal(_ offset: Datum, partition: Datum = .fields(["filename": .string("/tmp/x")])) -> String? {
        do {
            _ = try source().alterOffsets(config, [SourceOffset(partition: partition, offset: offset)])
            return nil
        } catch { return error.message }
    }

    @Test func `changes of offsets are checked as Apache's connector does`() {
        #expect(refusal(.fields(["position": .integer(3)])) == nil)
        #expect(refusal(.null, partition: .null) == nil)
        #expect(
            refusal(.fields(["x": .integer(3)])) == "Offset objects should either be null or contain the key 'position'"
        )
        #expect(
            refusal(.fields(["position": .string("3")]))
                == "The value for the 'position' key in the offset is expected to be a Long value")
        #expect(
            refusal(.fields(["position": .integer(-1)]))
                == "The value for the 'position' key in the offset should be a non-negative value")
        #expect(refusal(.fields(["position": .integer(1)]), partition: .null) == "Partition objects cannot be null")
        #expect(
            refusal(.fields(["position": .integer(1)]), partition: .fields(["x": .null]))
                == "Partition objects should contain the key 'filename'")
    }

    @Test func `offsets of standard input cannot be changed`() {
        #expect(throws: PluginError.self) {
            _ = try source().alterOffsets(Configuration([.init("topic", "t"), .init("file", " ")]), [])
        }
    }

    @Test func `there is one source task, and as many sink tasks as allowed`() throws {
        let source = source()
        try source.start(config)
        #expect(try source.taskConfigurations(maximum: 5) == [config])
        let sink = FileStreamSinkConnector(context: HostContext(host: fake.host, handle: fake.context))
        try sink.start(config)
        #expect(try sink.taskConfigurations(maximum: 3) == [config, config, config])
    }

    @Test func `exactly once needs a file`() throws {
        #expect(try source().supportsExactlyOnce(config) == true)
        #expect(try source().supportsExactlyOnce(Configuration()) == false)
    }
}
