import ConnectModel
import JSON

/// Writes how configuration keys are declared and what validation made of values, fields in Jackson's order.
enum PluginBodies {
    static func key(_ key: ConfigKeyDescription, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(key.name)
        writer.key("type")
        writer.string(key.type)
        writer.key("required")
        writer.bool(key.isRequired)
        writer.key("default_value")
        writer.string(key.defaultValue)
        writer.key("importance")
        writer.string(key.importance)
        writer.key("documentation")
        writer.string(key.documentation)
        writer.key("group")
        writer.string(key.group)
        writer.key("order_in_group")
        writer.int(key.order)
        writer.key("width")
        writer.string(key.width)
        writer.key("display_name")
        writer.string(key.displayName)
        writer.key("dependents")
        strings(key.dependents, &writer)
        writer.endObject()
    }

    static func validation(_ validation: ConfigValidation, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("name")
        writer.string(validation.name)
        writer.key("error_count")
        writer.int(validation.errorCount)
        writer.key("groups")
        strings(validation.groups, &writer)
        writer.key("configs")
        writer.beginArray()
        for key in validation.keys { outcome(key, &writer) }
        writer.endArray()
        writer.endObject()
    }

    static func strings(_ strings: [String], _ writer: inout JSONWriter) {
        writer.beginArray()
        for string in strings { writer.string(string) }
        writer.endArray()
    }

    private static func outcome(_ outcome: ConfigValidation.Key, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("definition")
        if let definition = outcome.definition { key(definition, &writer) } else { writer.null() }
        writer.key("value")
        writer.beginObject()
        writer.key("name")
        writer.string(outcome.name)
        writer.key("value")
        writer.string(outcome.value.map(RESTAnswer.redacted))
        writer.key("recommended_values")
        strings(outcome.recommendedValues, &writer)
        writer.key("errors")
        strings(outcome.errors.map(RESTAnswer.redacted), &writer)
        writer.key("visible")
        writer.bool(outcome.isVisible)
        writer.endObject()
        writer.endObject()
    }
}
