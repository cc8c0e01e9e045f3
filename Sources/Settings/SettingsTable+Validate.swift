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

extension SettingsTable {
    /// Looks at a configuration without using it, as Java's `ConfigDef.validate` does: every key of the table gets a
    /// report, a value that does not parse is null for its validator, which still runs, and recommenders see the values
    /// of all other keys. A key given as null is null, whatever its default.
    package func validate(_ config: [String: String?], classes: ClassResolver = .any) -> SettingsValidation {
        var reports: [SettingReport] = []
        var values: [String: SettingValue] = [:]
        for key in keys {
            var report = SettingReport(key: key, name: key.name)
            var value: SettingValue?
            switch read(key, from: config, classes: classes) {
            case .success(let parsed): value = parsed
            case .failure(let message): report.errors.append(message.text)
            }
            if let problem = key.validator?.problem(key: key.name, value: value) { report.errors.append(problem.text) }
            report.value = value?.text
            values[key.name] = value
            reports.append(report)
        }
        for position in reports.indices {
            guard let recommender = reports[position].key?.recommender else { continue }
            let name = reports[position].name
            reports[position].recommendedValues = recommender.values(name, values)
            reports[position].isVisible = recommender.isVisible(name, values)
        }
        var result = SettingsValidation(reports: reports, values: values)
        for key in keys {
            for dependent in key.dependents where result[dependent] == nil {
                result.set(
                    SettingReport(
                        key: nil, name: dependent,
                        errors: ["\(dependent) is referred in the dependents, but not defined."], isVisible: false))
            }
        }
        return result
    }
}
