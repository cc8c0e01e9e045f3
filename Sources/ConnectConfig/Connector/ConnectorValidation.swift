package import ConnectModel
package import Settings

/// What is known of a connector's configuration so far: a report for each key, in the order in which REST shows them.
/// Whoever knows more adds to it.
package struct ConnectorValidation: Sendable {
    /// As submitted.
    package let connectorClass: String
    package private(set) var groups: [String]
    private var outcome: SettingsValidation

    init(connectorClass: String, groups: [String], outcome: SettingsValidation) {
        self.connectorClass = connectorClass
        self.groups = groups
        self.outcome = outcome
    }

    package var reports: [SettingReport] { outcome.reports }
    package var errorCount: Int { outcome.errorCount }

    /// A parsed value of the framework's or the plugin's table.
    package func value(_ key: String) -> SettingValue? { outcome.values[key] }

    /// Adds an error to a key, which need not be defined.
    package mutating func addError(_ message: String, to key: String) { outcome.addError(message, to: key) }

    /// What a connector's own validation said. Its word on values and visibility replaces the table's.
    package mutating func add(_ notes: [ValidationNote]) {
        for note in notes {
            for error in note.errors { addError(error, to: note.key) }
            outcome.change(note.key) { report in
                if !note.recommendedValues.isEmpty { report.recommendedValues = note.recommendedValues }
                report.isVisible = note.isVisible
            }
        }
    }

    /// Every error with its key, in order.
    package var errors: [(key: String, message: String)] {
        outcome.reports.flatMap { report in report.errors.map { (report.name, $0) } }
    }

    /// The answer of `PUT …/config/validate`.
    package var answer: ConfigValidation {
        ConfigValidation(
            name: connectorClass, errorCount: errorCount, groups: groups,
            keys: reports.map { report in
                ConfigValidation.Key(
                    definition: report.key.map(ConfigKeyDescription.init), name: report.name, value: report.value,
                    recommendedValues: report.recommendedValues, errors: report.errors, isVisible: report.isVisible)
            })
    }

    /// Adds the reports of another table. A key that is there already is replaced in its place.
    mutating func add(_ other: SettingsValidation, groups: [String]) {
        for report in other.reports { add(report) }
        outcome.values.merge(other.values) { $1 }
        for group in groups where !self.groups.contains(group) { self.groups.append(group) }
    }

    mutating func add(_ report: SettingReport) { outcome.set(report) }

    mutating func addErrorOnce(_ message: String, to key: String) {
        guard outcome[key]?.errors.contains(message) != true else { return }
        addError(message, to: key)
    }
}
