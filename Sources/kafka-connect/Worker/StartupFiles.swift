import ConnectConfig
import ConnectModel
import Herder

/// Connector files of the command line or of `connectors.d`, as the herder takes them.
enum StartupFiles {
    /// The connector that a file describes.
    ///
    /// - Parameter failsAlone: a refused one is FAILED and harms no other; else it ends the worker.
    static func connector(_ file: ConnectorFile, failsAlone: Bool) -> StartupConnector {
        let errors = file.problems.filter { $0.severity == .error }
        let problem = errors.first.map { first in
            ConnectError(
                .configInvalid, first.description,
                detail: errors.count > 1 ? errors.dropFirst().map(\.description).joined(separator: "\n") : nil)
        }
        return StartupConnector(
            name: file.name ?? "", config: file.config, initialState: file.initialState, origin: file.file,
            problem: problem, failsAlone: failsAlone)
    }
}
