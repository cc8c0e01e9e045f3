/// What a plugin library declares, as values: the outcome of probing it in a child.
struct PluginManifest: Sendable, Equatable {
    /// A class of the library.
    struct Class: Sendable, Equatable {
        /// `KC_CLASS_…`
        var kind: Int32
        var name: String
        var version: String
        var aliases: [String]
        var keys: [Key]
    }

    /// A configuration key of a class, in the ABI's numbers.
    struct Key: Sendable, Equatable {
        var name: String
        var type: Int32
        var importance: Int32
        var width: Int32
        var hasDefault: Bool
        var defaultValue: String?
        var documentation: String
        var group: String?
        var order: Int32
        var displayName: String?
        var dependents: [String]
        var recommended: [String]
        var validators: [Validator]
    }

    /// A check of a key, in the ABI's numbers.
    struct Validator: Sendable, Equatable {
        var kind: Int32
        var minimum: Double?
        var maximum: Double?
        var values: [String]
    }

    var name: String
    var version: String
    var classes: [Class]
}

/// Why a library cannot be used; the text says the fix.
struct PluginRefusal: Error, Sendable, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
