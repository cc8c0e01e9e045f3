/// The outcome of a validation: a report for each key of the table, in its order, and the parsed values.
package struct SettingsValidation: Sendable {
    /// One for each name.
    package private(set) var reports: [SettingReport] = []
    package var values: [String: SettingValue]
    /// Where the report of a name stands: configurations have as many keys as a request can hold.
    private var positions: [String: Int] = [:]

    /// - Parameter reports: a later one of the same name replaces the one before.
    package init(reports: [SettingReport], values: [String: SettingValue]) {
        self.values = values
        for report in reports { set(report) }
    }

    /// The number of error messages.
    package var errorCount: Int { reports.reduce(0) { $0 + $1.errors.count } }

    /// The report of a key.
    package subscript(name: String) -> SettingReport? { positions[name].map { reports[$0] } }

    /// Adds a report, or replaces that of the same name in its place.
    package mutating func set(_ report: SettingReport) {
        if let position = positions[report.name] {
            reports[position] = report
        } else {
            positions[report.name] = reports.count
            reports.append(report)
        }
    }

    /// Changes the report of a key, unless there is none.
    ///
    /// - Returns: false where there is none.
    @discardableResult
    package mutating func change(_ name: String, _ body: (inout SettingReport) -> Void) -> Bool {
        guard let position = positions[name] else { return false }
        body(&reports[position])
        return true
    }

    /// Adds an error to the report of a key; one that the table does not define gets a report of its own at the end.
    package mutating func addError(_ message: String, to name: String) {
        if !change(name, { $0.errors.append(message) }) {
            set(SettingReport(key: nil, name: name, errors: [message]))
        }
    }
}
