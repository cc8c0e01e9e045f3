/// One key of a table: what it takes, what it means, how a form shows it.
package struct SettingKey: Sendable {
    /// What stands for a key that is not given.
    package enum Default: Sendable, Equatable {
        /// Nothing: the key must be given.
        case required
        /// Null.
        case none
        /// This text, parsed as if it had been given.
        case text(String)
    }

    /// Values that a form may offer, and whether it shows the key at all, given the values of the others.
    package struct Recommender: Sendable {
        package let values: @Sendable (_ key: String, _ parsed: [String: SettingValue]) -> [String]
        package let isVisible: @Sendable (_ key: String, _ parsed: [String: SettingValue]) -> Bool

        package init(
            values: @escaping @Sendable (_ key: String, _ parsed: [String: SettingValue]) -> [String],
            isVisible: @escaping @Sendable (_ key: String, _ parsed: [String: SettingValue]) -> Bool = { _, _ in true }
        ) {
            self.values = values
            self.isVisible = isVisible
        }

        /// Always the same values.
        package static func fixed(_ values: [String]) -> Recommender { Recommender(values: { _, _ in values }) }
    }

    package var name: String
    package var type: SettingType
    package var defaultValue: Default
    package var validator: SettingValidator?
    package var importance: SettingImportance
    package var documentation: String
    package var group: String?
    /// −1 where the key has no place in a group.
    package var orderInGroup: Int
    package var width: SettingWidth
    package var displayName: String
    /// Keys whose recommended values or visibility depend on this one.
    package var dependents: [String]
    package var recommender: Recommender?
    /// Accepted, but neither listed nor documented.
    package var isInternal: Bool

    package init(
        _ name: String, _ type: SettingType, default defaultValue: Default, validator: SettingValidator? = nil,
        _ importance: SettingImportance, _ documentation: String, group: String? = nil, order: Int = -1,
        width: SettingWidth = .none, display: String? = nil, dependents: [String] = [], recommender: Recommender? = nil,
        isInternal: Bool = false
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.validator = validator
        self.importance = importance
        self.documentation = documentation
        self.group = group
        self.orderInGroup = order
        self.width = width
        self.displayName = display ?? name
        self.dependents = dependents
        self.recommender = recommender
        self.isInternal = isInternal
    }

    package var isRequired: Bool { defaultValue == .required }

    /// The default as the REST API shows it; nil where there is none, and never a password.
    package var defaultText: String? {
        guard case .text(let text) = defaultValue else { return nil }
        return type == .password ? Secret.mask : text
    }
}
