extension Program {
    /// The program for authors of connectors that checks a library against `kafka_connect.h`.
    package static let conformance = Command(
        "kafka-connect-conformance",
        abstract: "Check that a library of connectors keeps the rules of kafka_connect.h.",
        discussion: """
            Without further options it looks at the library alone: its file, what it exports, what loading it does to a process,
            its description, its classes and their configuration keys.

            With --class or --config it also drives instances of that class as a worker does, without any Kafka. What is
            lent to the library lies in memory that ends where the lent text or table ends and is taken away when the call
            is over, so that every use of it that the rules forbid is caught in the call that makes it. Connectors do what
            the configuration says: a file sink writes its file. A call that asks to be made again later is, after the time
            that it asked for; a check waits a hundred seconds in all, and is skipped where that is not enough.

            Each check is a process of its own with a time limit: a crash, an exit or a call that does not return fails that
            check, names the call, and leaves the others to run. A line is printed for each: ok, FAIL or skip, what was checked,
            and in brackets what is wrong and how to mend it.
            """,
        arguments: [Argument("library", help: "The shared library to check.")],
        options: [
            Option("class", value: "name", help: "Run instances of this class: its full name, or an alias."),
            Option(
                "config", value: "file", kind: .file,
                help:
                    "Configuration of a connector that works: YAML, Java properties or JSON. Without it, required keys are guessed. A source that brings no record with it fails."
            ),
            Option("seconds", value: "n", help: "How long sources may take to bring records (2)."),
            Option(
                "limit", value: "n",
                help: "Seconds that a call may take (5, as long as a worker waits for a task to stop)."),
            Option(
                "only", value: "checks",
                help: "Run these checks alone, by their names with commas between. One that does not run is an error."),
            Option("json", help: "Print a JSON object for each check, and one for the count."),
            Option("run-check", value: "name", help: "Be the process of one check.", isHidden: true),
        ],
        exitStatuses: [
            ExitStatus(code: 0, meaning: "Every rule that was checked is kept."),
            ExitStatus(code: 1, meaning: "A rule is broken."),
            ExitStatus(
                code: 2,
                meaning: "The command line or the configuration cannot be used, or a check that was named did not run."),
        ])
}
