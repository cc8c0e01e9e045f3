internal import Settings

/// What a sink's topics and dead letter queue must agree on.
enum SinkChecks {
    static func run(on result: inout ConnectorValidation) {
        var topics: [String] = []
        if case .list(let list)? = result.value("topics") { topics = list }
        let expression = result.value("topics.regex")?.text ?? ""
        let deadLetters = result.value("errors.deadletterqueue.topic.name")?.text ?? ""
        switch (topics.isEmpty, expression.isEmpty) {
        case (false, false):
            addToBoth("topics and topics.regex are mutually exclusive options, but both are set.", &result)
        case (true, true): addToBoth("Must configure one of topics or topics.regex", &result)
        case (true, false), (false, true): break
        }
        guard !deadLetters.isEmpty else { return }
        if topics.contains(deadLetters) {
            var seen: Set<String> = []
            let distinct = topics.filter { seen.insert($0).inserted }
            result.addError(
                "The DLQ topic '\(deadLetters)' may not be included in the list of topics ('topics="
                    + "[\(distinct.joined(separator: ", "))]') consumed by the connector", to: "topics")
        }
        // One that is no expression is told by the key's own check.
        guard !expression.isEmpty, let pattern = try? Pattern(expression) else { return }
        let matches: Bool
        do throws(PatternError) {
            matches = try pattern.matchesWhole(deadLetters)
        } catch {
            return result.addError(
                "Whether the regex for the topics ('topics.regex=\(expression)') matches the DLQ topic '\(deadLetters)' "
                    + "cannot be found out: \(error.description)", to: "topics.regex")
        }
        if matches {
            result.addError(
                "The DLQ topic '\(deadLetters)' may not be matched by the regex for the topics ('topics.regex="
                    + "\(expression)') consumed by the connector", to: "topics.regex")
        }
    }

    private static func addToBoth(_ message: String, _ result: inout ConnectorValidation) {
        result.addError(message, to: "topics")
        result.addError(message, to: "topics.regex")
    }
}
