/// The declaration of one configuration key. The worker validates and documents from it without running the plugin.
public struct ConfigKey: Sendable {
    /// Types of Kafka Connect's ConfigDef; raw values are the ABI's `KC_TYPE_…`.
    public enum ValueType: Int32, Sendable {
        case boolean = 0
        case string = 1
        /// 32 bits.
        case int = 2
        /// 16 bits.
        case short = 3
        /// 64 bits.
        case long = 4
        case double = 5
        /// Comma list.
        case list = 6
        case classType = 7
        /// Text that is never shown.
        case password = 8
    }

    /// How much an operator needs to care; raw values are the ABI's.
    public enum Importance: Int32, Sendable {
        case high = 0
        case medium = 1
        case low = 2
    }

    /// How wide a form should draw the field; raw values are the ABI's.
    public enum Width: Int32, Sendable {
        case none = 0
        case short = 1
        case medium = 2
        case long = 3
    }

    /// What happens when the operator leaves the key out.
    public enum Default: Sendable {
        /// An error.
        case required
        case null
        /// As an operator would write it.
        case text(String)
    }

    /// A rule that the value must obey.
    public enum Validator: Sendable {
        /// Numbers between the bounds, both included; nil for no bound.
        case range(minimum: Double?, maximum: Double?)
        case oneOf([String], ignoringCase: Bool)
        /// At least one character; null passes.
        case nonEmpty
        case nonNull
        /// At least one element.
        case nonEmptyList
        /// A regular expression.
        case regularExpression
    }

    public let name: String
    public let type: ValueType
    public let defaultValue: Default
    public let importance: Importance
    public let documentation: String
    /// Heading under which forms show the key, nil for none, and the place under it.
    public let group: String?
    public let order: Int32
    public let width: Width
    /// What forms call it; nil for the name.
    public let displayName: String?
    /// Keys whose meaning depends on this one.
    public let dependents: [String]
    public let recommendedValues: [String]
    /// All must accept.
    public let validators: [Validator]

    /// Declares a key.
    public init(
        _ name: String, _ type: ValueType, default defaultValue: Default, importance: Importance,
        documentation: String, group: String? = nil, order: Int32 = -1, width: Width = .none,
        displayName: String? = nil, dependents: [String] = [], recommendedValues: [String] = [],
        validators: [Validator] = []
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.importance = importance
        self.documentation = documentation
        self.group = group
        self.order = order
        self.width = width
        self.displayName = displayName
        self.dependents = dependents
        self.recommendedValues = recommendedValues
        self.validators = validators
    }
}
