import ConnectConfig
import ConnectModel
import Herder

/// Connector files of the command line or of `connectors.d`, as the herder takes them.
enum StartupFiles {
    /// Reads a file. One with errors never comes to the check that its plugin takes part in: what can be told without is
    /// told along with them.
    static func load(_ path: String) -> ConnectorFile {
        var file = ConnectorFile.load(path)
        if file.hasErrors { ConnectorFileChecks.run(on: &file) }
        return file
    }

    /// The connector that a file describes.
    ///
    /// - Parameter failsAlone: a refused one is FAILED and harms no other; else it ends the worker.
    static func connector(_ file: ConnectorFile, failsAlone: Bool) -> StartupConnector {
        StartupConnector(
            name: file.name ?? "", config: file.config, initialState: file.initialState, origin: file.file,
            problem: error(.configInvalid, file.problems), failsAlone: failsAlone,
            place: { placed($0, in: file) })
    }

    /// An error of the herder with the places of the keys that it is about.
    static func placed(_ error: ConnectError, in file: ConnectorFile) -> ConnectError {
        var errors = error.keyErrors
        if errors.isEmpty, error.code == .configUnknownClass || error.code == .configAmbiguousClass {
            errors = [ConnectError.KeyError("connector.class", error.message)]
        }
        let problems = errors.map {
            Problem(file: file.file, position: file.position(of: $0.key), key: $0.key, message: $0.message)
        }
        return self.error(error.code, problems)
            ?? ConnectError(error.code, "\(file.file): \(error.message)", detail: error.detail)
    }

    /// The errors among problems as one; nil where there is none.
    private static func error(_ code: ErrorCode, _ problems: [Problem]) -> ConnectError? {
        var texts: [String] = []
        for problem in problems.inFileOrder where problem.severity == .error {
            // What two keys have to say to one another is told under both.
            if !texts.contains(problem.description) { texts.append(problem.description) }
        }
        guard let first = texts.first else { return nil }
        return ConnectError(code, first, detail: texts.count > 1 ? texts.dropFirst().joined(separator: "\n") : nil)
    }
}
