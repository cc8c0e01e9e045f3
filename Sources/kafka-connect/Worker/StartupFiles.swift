import ConnectConfig
import ConnectModel
import Herder

/// Connector files of the command line or of `connectors.d`, as the herder takes them.
enum StartupFiles {
    static func connectors(_ files: [String], failsAlone: Bool) -> [StartupConnector] {
        files.map { file in
            let connector = ConnectorFile.load(file)
            let errors = connector.problems.filter { $0.severity == .error }
            let problem = errors.first.map { first in
                ConnectError(
                    .configInvalid, first.description,
                    detail: errors.count > 1 ? errors.dropFirst().map(\.description).joined(separator: "\n") : nil)
            }
            return StartupConnector(
                name: connector.name ?? "", config: connector.config, initialState: connector.initialState,
                origin: file,
                problem: problem, failsAlone: failsAlone)
        }
    }
}
