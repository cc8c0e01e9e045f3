import ConnectConfig
import ConnectModel
import Glibc
import Herder
import PluginTestKit
import Synchronization
import Testing

@testable import kafka_connect

@Suite struct FolderConnectorsTests {
    /// A herder that keeps connectors, and refuses to remove those that it is told to keep.
    private final class FakeHost: Sendable {
        struct State {
            var configs: [String: ConfigMap] = [:]
            var refusals: [String: ErrorCode] = [:]
            var deletions: [String] = []
        }

        let state = Mutex(State())

        var names: [String] { state.withLock { $0.configs.keys.sorted() } }
        var deletions: [String] { state.withLock { $0.deletions } }

        var host: FolderConnectors.Host {
            FolderConnectors.Host(
                config: { name in self.state.withLock { $0.configs[name] } },
                apply: { connector, done in
                    self.state.withLock { $0.configs[connector.name] = connector.config }
                    done(nil)
                },
                delete: { name, done in done(self.delete(name)) })
        }

        private func delete(_ name: String) -> ConnectError? {
            state.withLock { state in
                state.deletions.append(name)
                if let code = state.refusals[name] { return ConnectError(code, "not now") }
                state.configs[name] = nil
                return nil
            }
        }

        func refuse(_ name: String, _ code: ErrorCode?) { state.withLock { $0.refusals[name] = code } }
    }

    private final class Answer: Sendable {
        let outcome = Mutex<FolderConnectors.Outcome?>(nil)
    }

    private let folder = TemporaryFolder()
    private let fake = FakeHost()
    private let connectors: FolderConnectors

    init() { connectors = FolderConnectors(folder: folder.path) }

    private func write(_ name: String) {
        folder.write("\(name).yaml", "name: \(name)\nconnector.class: FileStreamSource\ntopic: t\n")
    }

    private func reload() throws -> FolderConnectors.Outcome {
        let answer = Answer()
        connectors.reload(fake.host, ReloadProgress()) { outcome in answer.outcome.withLock { $0 = outcome } }
        return try #require(answer.outcome.withLock { $0 })
    }

    @Test func `a connector that cannot be removed with its file is removed at a later look`() throws {
        write("a")
        write("b")
        #expect(try reload().added == ["a", "b"])
        fake.refuse("a", .stateWrite)
        #expect(unlink(folder.file("a.yaml")) == 0)
        #expect(unlink(folder.file("b.yaml")) == 0)
        let first = try reload()
        #expect(first.removed == ["b"] && first.failures == 1)
        #expect(fake.names == ["a"])
        // Still not: what is asked again is nothing but that.
        let second = try reload()
        #expect(second.removed == [] && second.failures == 1 && fake.deletions == ["a", "b", "a"])
        fake.refuse("a", nil)
        let third = try reload()
        #expect(third.removed == ["a"] && third.failures == 0 && fake.names == [])
        #expect(try reload().removed == [] && fake.deletions == ["a", "b", "a", "a"])
    }

    @Test func `a file that comes back before its connector was removed keeps it`() throws {
        write("a")
        _ = try reload()
        fake.refuse("a", .stateWrite)
        #expect(unlink(folder.file("a.yaml")) == 0)
        #expect(try reload().failures == 1)
        fake.refuse("a", nil)
        write("a")
        let outcome = try reload()
        #expect(outcome.removed == [] && outcome.failures == 0)
        #expect(fake.names == ["a"] && fake.deletions == ["a"])
        #expect(unlink(folder.file("a.yaml")) == 0)
        #expect(try reload().removed == ["a"])
    }

    @Test func `a connector that a client has removed meanwhile counts as removed`() throws {
        write("a")
        _ = try reload()
        fake.refuse("a", .connectorUnknown)
        #expect(unlink(folder.file("a.yaml")) == 0)
        let outcome = try reload()
        #expect(outcome.removed == ["a"] && outcome.failures == 0)
        #expect(try reload().removed == [] && fake.deletions == ["a"])
    }
}
