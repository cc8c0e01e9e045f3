/// What `PUT …/config/validate` says about one key.
package struct SettingReport: Sendable {
    /// Nil for a key that no table defines.
    package var key: SettingKey?
    package var name: String
    /// The parsed value as text, nil for null and for what did not parse.
    package var value: String?
    package var recommendedValues: [String]
    package var errors: [String]
    package var isVisible: Bool

    package init(
        key: SettingKey?, name: String, value: String? = nil, recommendedValues: [String] = [], errors: [String] = [],
        isVisible: Bool = true
    ) {
        self.key = key
        self.name = name
        self.value = value
        self.recommendedValues = recommendedValues
        self.errors = errors
        self.isVisible = isVisible
    }
}

/// The outcome of a validation: a report for each key of the table, in its order, and the parsed values.
package struct SettingsValidation: Sendable {
    package var reports: [SettingReport]
    package var values: [String: SettingValue]

    /// The number of error messages.
    package var errorCount: Int { reports.reduce(0) { $0 + $1.errors.count } }

    package init(reports: [SettingReport], values: [String: SettingValue]) {
        self.reports = reports
        self.values = values
    }

    /// Adds an error to the report of a key; one that the table does not define gets a report of its own at the end.
    package mutating func addError(_ message: String, to name: String) {
        if let position = reports.firstIndex(where: { $0.name == name }) {
            reports[position].errors.append(message)
        } else {
            reports.append(SettingReport(key: nil, name: name, errors: [message]))
        }
    }
}

extension SettingsTable {
    /// Looks at a configuration without using it, as Java's `ConfigDef.validate` does: every key of the table gets a
    /// report, a value that does not parse is null for its validator, which still runs, and recommenders see the values
    /// of all other keys. A key given as null is null, whatever its default.
    package func validate(_ config: [String: String?], classes: ClassResolver = .any) -> SettingsValidation {
        var result = SettingsValidation(reports: [], values: [:])
        for key in keys {
            var report = SettingReport(key: key, name: key.name)
            var value: SettingValue?
            switch read(key, from: config, classes: classes) {
            case .success(let parsed): value = parsed
            case .failure(let message): report.errors.append(message.text)
            }
            if let problem = key.validator?.problem(key: key.name, value: value) { report.errors.append(problem.text) }
            report.value = value?.text
            result.values[key.name] = value
            result.reports.append(report)
        }
        for position in result.reports.indices {
            guard let recommender = result.reports[position].key?.recommender else { continue }
            let name = result.reports[position].name
            result.reports[position].recommendedValues = recommender.values(name, result.values)
            result.reports[position].isVisible = recommender.isVisible(name, result.values)
        }
        let defined = Set(keys.map(\.name))
        for key in keys {
            for dependent in key.dependents where !defined.contains(dependent) {
                guard !result.reports.contains(where: { $0.name == dependent }) else { continue }
                result.reports.append(
                    SettingReport(
                        key: nil, name: dependent,
                        errors: ["\(dependent) is referred in the dependents, but not defined."], isVisible: false))
            }
        }
        return result
    }
}
