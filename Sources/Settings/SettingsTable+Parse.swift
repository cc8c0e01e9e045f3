/// One thing that is wrong with a configuration.
package struct SettingProblem: Sendable, Equatable {
    package let key: String
    package let message: String

    package init(key: String, message: String) {
        self.key = key
        self.message = message
    }
}

/// Everything that is wrong with a configuration, in the order of the table. Never empty.
package struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    package let problems: [SettingProblem]

    package init(_ problems: [SettingProblem]) { self.problems = problems }

    package var description: String { problems.map(\.message).joined(separator: "; ") }
}

extension SettingsTable {
    /// Reads a configuration that is about to be used. Keys that the table does not know stay available as given.
    ///
    /// - Throws: Every problem at once. A value that does not parse is not validated as well.
    package func parse(
        _ config: [String: String], classes: ClassResolver = .any
    ) throws(SettingsError) -> Settings {
        var values: [String: SettingValue] = [:]
        var problems: [SettingProblem] = []
        let given = config.mapValues(Optional.some)
        for key in keys {
            switch read(key, from: given, classes: classes) {
            case .success(let value):
                values[key.name] = value
                if let problem = key.validator?.problem(key: key.name, value: value) {
                    problems.append(SettingProblem(key: key.name, message: problem.text))
                }
            case .failure(let message): problems.append(SettingProblem(key: key.name, message: message.text))
            }
        }
        guard problems.isEmpty else { throw SettingsError(problems) }
        return Settings(values: values, originals: config)
    }

    /// The given value, else the default.
    func read(
        _ key: SettingKey, from config: [String: String?], classes: ClassResolver
    ) -> Result<SettingValue?, SettingMessage> {
        let text: String
        if let given = config[key.name] {
            guard let given else { return .success(nil) }
            text = given
        } else {
            switch key.defaultValue {
            case .required: return .failure(.missing(key.name))
            case .none: return .success(nil)
            case .text(let standard):
                // A default is ours: its class need not be in anyone's catalogue.
                return SettingParser.parse(standard, key: key.name, type: key.type, classes: .any).map { $0 }
            }
        }
        return SettingParser.parse(text, key: key.name, type: key.type, classes: classes).map { $0 }
    }
}
