/// What kind of value a key takes. The raw value is the name that Connect's REST API gives it.
package enum SettingType: String, Sendable, CaseIterable {
    case boolean = "BOOLEAN"
    case string = "STRING"
    case int = "INT"
    case short = "SHORT"
    case long = "LONG"
    case double = "DOUBLE"
    /// Texts between commas.
    case list = "LIST"
    /// The name or alias of a class of some plugin.
    case `class` = "CLASS"
    /// A text that is never shown.
    case password = "PASSWORD"
}

/// How much a key matters to most users; the raw value is the REST API's name.
package enum SettingImportance: String, Sendable, CaseIterable {
    case high = "HIGH"
    case medium = "MEDIUM"
    case low = "LOW"
}

/// How wide a form should draw the field of a key; the raw value is the REST API's name.
package enum SettingWidth: String, Sendable {
    case none = "NONE"
    case short = "SHORT"
    case medium = "MEDIUM"
    case long = "LONG"
}
