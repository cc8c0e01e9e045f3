import CommandLine
import ConnectConfig
import ConnectModel

/// `kafka-connect validate FILE…`: every problem of worker and connector files, each with its place.
enum ValidateCommand {
    static func run(_ files: [String]) -> Int32 {
        var errors = 0
        var warnings = 0
        for file in files {
            for problem in problems(of: file) {
                Terminal.error(problem.description)
                if problem.severity == .error { errors += 1 } else { warnings += 1 }
            }
        }
        Terminal.print("\(files.count) file(s): \(errors) error(s), \(warnings) warning(s)")
        return errors == 0 ? ExitStatus.success.code : ExitStatus.failure.code
    }

    private static func problems(of file: String) -> [Problem] {
        let connector = ConnectorFile.load(file)
        if connector.config["connector.class"] == nil {
            return WorkerConfig.load(file: file, mode: .automatic).problems
        }
        return connector.problems
    }
}
