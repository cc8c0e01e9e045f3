import JSON

/// A manifest as the JSON that the probing child prints and the cache keeps.
extension PluginManifest {
    var json: JSONValue {
        .object(["name": .string(name), "version": .string(version), "classes": .array(classes.map(\.json))])
    }

    /// nil for JSON that no child of this version printed.
    init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let version = json["version"]?.string,
            let list = json["classes"]?.array
        else { return nil }
        self.name = name
        self.version = version
        classes = []
        for entry in list {
            guard let parsed = Class(entry) else { return nil }
            classes.append(parsed)
        }
    }
}

extension PluginManifest.Class {
    fileprivate var json: JSONValue {
        .object([
            "kind": .int(Int(kind)), "name": .string(name), "version": .string(version),
            "aliases": .array(aliases.map(JSONValue.string)), "keys": .array(keys.map(\.json)),
        ])
    }

    fileprivate init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.int32, let name = json["name"]?.string, let version = json["version"]?.string,
            let aliases = json["aliases"]?.strings, let list = json["keys"]?.array
        else { return nil }
        self.kind = kind
        self.name = name
        self.version = version
        self.aliases = aliases
        keys = []
        for entry in list {
            guard let parsed = PluginManifest.Key(entry) else { return nil }
            keys.append(parsed)
        }
    }
}

extension PluginManifest.Key {
    fileprivate var json: JSONValue {
        .object([
            "name": .string(name), "type": .int(Int(type)), "importance": .int(Int(importance)),
            "width": .int(Int(width)), "hasDefault": .bool(hasDefault), "default": .optional(defaultValue),
            "documentation": .string(documentation), "group": .optional(group), "order": .int(Int(order)),
            "displayName": .optional(displayName), "dependents": .array(dependents.map(JSONValue.string)),
            "recommended": .array(recommended.map(JSONValue.string)), "validators": .array(validators.map(\.json)),
        ])
    }

    fileprivate init?(_ json: JSONValue) {
        guard let name = json["name"]?.string, let type = json["type"]?.int32,
            let importance = json["importance"]?.int32, let width = json["width"]?.int32,
            let hasDefault = json["hasDefault"]?.bool, let documentation = json["documentation"]?.string,
            let order = json["order"]?.int32, let dependents = json["dependents"]?.strings,
            let recommended = json["recommended"]?.strings, let list = json["validators"]?.array
        else { return nil }
        self.name = name
        self.type = type
        self.importance = importance
        self.width = width
        self.hasDefault = hasDefault
        defaultValue = json["default"]?.string
        self.documentation = documentation
        group = json["group"]?.string
        self.order = order
        displayName = json["displayName"]?.string
        self.dependents = dependents
        self.recommended = recommended
        validators = []
        for entry in list {
            guard let parsed = PluginManifest.Validator(entry) else { return nil }
            validators.append(parsed)
        }
    }
}

extension PluginManifest.Validator {
    fileprivate var json: JSONValue {
        .object([
            "kind": .int(Int(kind)), "minimum": Self.number(minimum), "maximum": Self.number(maximum),
            "values": .array(values.map(JSONValue.string)),
        ])
    }

    fileprivate init?(_ json: JSONValue) {
        guard let kind = json["kind"]?.int32, let values = json["values"]?.strings else { return nil }
        self.kind = kind
        self.values = values
        minimum = json["minimum"]?.number?.double
        maximum = json["maximum"]?.number?.double
    }

    private static func number(_ value: Double?) -> JSONValue {
        value.flatMap(JSONNumber.init).map(JSONValue.number) ?? .null
    }
}

extension JSONValue {
    fileprivate var int32: Int32? { int64.flatMap { Int32(exactly: $0) } }

    fileprivate var strings: [String]? {
        guard let array else { return nil }
        var result: [String] = []
        for element in array {
            guard let text = element.string else { return nil }
            result.append(text)
        }
        return result
    }
}
