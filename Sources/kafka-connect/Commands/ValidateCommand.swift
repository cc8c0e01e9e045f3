import CommandLine
import ConnectConfig
import ConnectModel

/// `kafka-connect validate FILE…`: every problem of worker files, and of connector files what can be told without loading
/// the plugin, each with its place.
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
        var connector = ConnectorFile.load(file)
        // A worker's file is never JSON and has no name; what misses its class is still a connector's.
        let isConnector =
            connector.config["connector.class"] != nil || file.hasSuffix(".json")
            || (connector.name != nil && connector.config["bootstrap.servers"] == nil)
        guard isConnector else { return WorkerFile.load(file, mode: .automatic, isToRun: false).problems }
        ConnectorFileChecks.run(on: &connector)
        return connector.problems.inFileOrder
    }
}
