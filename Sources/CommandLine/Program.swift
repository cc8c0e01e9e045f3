/// The command lines of the `kafka-connect` binary.
package enum Program {
    /// How the binary may be called besides `kafka-connect`: the names of Apache's scripts, each for one subcommand.
    /// The ending `.sh` is accepted too, so that a link may replace the script itself.
    package static let links = ["connect-standalone": "standalone", "connect-distributed": "distributed"]

    /// The program and all that it can do.
    package static let kafkaConnect = Command(
        "kafka-connect",
        abstract: "A native Kafka Connect worker.",
        subcommands: [standalone, distributed, run, plugins, validate, version, reference],
        exitStatuses: [.success, .usage, .expelled, .failure, .connector, .endedByLibrary])

    private static let worker = Argument("worker", help: "Configuration of the worker: YAML, or Java properties.")

    private static let standalone = Command(
        "standalone",
        abstract: "Run a worker by itself, with the connectors given.",
        discussion: """
            Source offsets are kept in the file that offset.storage.file.filename names. Connectors made or changed over
            REST last until the worker stops.
            """,
        arguments: [
            worker,
            Argument(
                "connector", help: "Configurations of connectors to start: YAML, Java properties or JSON.", count: .any),
        ],
        exitStatuses: [.success, .usage, .failure, .connector, .endedByLibrary])

    private static let distributed = Command(
        "distributed",
        abstract: "Run a worker as a member of a cluster.",
        discussion: "Configurations, offsets and states are kept in Kafka topics that all workers of a group share.",
        arguments: [worker],
        exitStatuses: [.success, .usage, .expelled, .failure, .endedByLibrary])

    private static let run = Command(
        "run",
        abstract: "Run a worker in the mode that its configuration asks for.",
        discussion: """
            A worker file with group.id makes a member of a cluster. One without makes a standalone worker that starts the
            connectors of the folder connectors.d beside the worker file; one of those that is refused harms no other.
            This is what the systemd unit starts. On SIGHUP the worker file (log levels and config providers), plugin
            folders and connectors.d are read again.
            """,
        arguments: [worker],
        exitStatuses: [.success, .usage, .expelled, .failure, .endedByLibrary])

    private static let plugins = Command(
        "plugins",
        abstract: "List the plugins that can be used, and why the rest cannot.",
        arguments: [
            Argument("worker", help: "Take plugin.path from this worker configuration.", count: .optional)
        ],
        options: [
            Option(
                "plugin-path", value: "folders", kind: .directory,
                help: "Folders to search, separated by commas, in place of the configured ones."),
            Option(
                "probe", value: "file", kind: .file,
                help: "Open one plugin library and print what it declares as JSON.", isHidden: true),
        ],
        exitStatuses: [.success, .usage, .failure])

    private static let validate = Command(
        "validate",
        abstract: "Check configuration files and report every problem.",
        discussion: """
            Each problem is printed with file, line and column. A file with a connector.class is checked as a connector's,
            any other as a worker's. Of a connector the framework's keys, converters and overrides are checked, not the
            plugin's own keys; it is taken for a source or a sink where the name of its class ends so.
            """,
        arguments: [Argument("file", help: "Configurations of workers or connectors.", count: .oneOrMore)],
        exitStatuses: [.success, .usage, .failure])

    private static let version = Command("version", abstract: "Show the version.", exitStatuses: [.success])

    private static let reference = Command(
        "reference",
        abstract: "Print the reference of all configuration keys as Markdown.",
        exitStatuses: [.success],
        isHidden: true)
}
