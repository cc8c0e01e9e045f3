import ConnectConfig
import ConnectModel
import Herder
import KafkaClient
import PluginTestKit
import Testing

@testable import kafka_connect

@Suite struct StartupFilesTests {
    private let file = ConnectorFile.parse(
        Array("name=c\nconnector.class=X\ntasks.max=1.5\n".utf8), file: "c.properties")

    @Test func `an error of the herder gets the places of its keys, in the order of the file`() {
        let error = ConnectError(
            .configInvalid, "two errors",
            keyErrors: [.init("topic", "Missing topic"), .init("tasks.max", "Bad tasks.max")])
        let placed = StartupFiles.placed(error, in: file)
        #expect(placed.code == .configInvalid)
        #expect(placed.trace == "c.properties:3:1: error: Bad tasks.max\nc.properties: error: Missing topic")
    }

    @Test func `a class that nobody knows stands where it is named, all else names the file`() {
        let unknown = StartupFiles.placed(ConnectError(.configUnknownClass, "No class X"), in: file)
        #expect(unknown.message == "c.properties:2:1: error: connector.class: No class X")
        let other = StartupFiles.placed(ConnectError(.connectorExists, "There is one", detail: "more"), in: file)
        #expect(other.code == .connectorExists && other.trace == "c.properties: There is one\nmore")
    }

    @Test func `a file with errors of its own tells what else is wrong with it`() {
        let folder = TemporaryFolder()
        let path = folder.write("c.yaml", "name: c\nname: d\nconnector.class: FileStreamSource\ntasks.max: x\n")
        let connector = StartupFiles.connector(StartupFiles.load(path), failsAlone: true)
        let lines = connector.problem?.trace.split(separator: "\n") ?? []
        #expect(lines.count == 3)
        #expect(lines.first?.hasPrefix("\(path):2:1: error: name is given twice") == true)
        #expect(
            lines.dropFirst().first?.hasPrefix("\(path):4:1: error: Invalid value x for configuration tasks.max")
                == true)
    }
}

/// The names that files are checked against are those of the clients.
@Suite struct ClientKeyNamesTests {
    @Test(arguments: [(ClientKind.producer, ClientSettings.Role.producer), (.consumer, .consumer), (.admin, .admin)])
    func `the keys of a role are those of its client`(client: ClientKind, role: ClientSettings.Role) {
        let isSecurity = ClientKeyTable.isSecurityKey
        let known = Set(ClientKeyTable.keys(of: role).map(\.name))
        #expect(ClientKeyNames.of(client).filter { !isSecurity($0) } == known.filter { !isSecurity($0) })
        #expect(ClientKeyNames.of(client).isSuperset(of: known))
    }
}
