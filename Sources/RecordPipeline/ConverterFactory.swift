public import ConnectModel
import JSON

/// The converters that the worker brings along, by class name and alias (configuration.md §6, §11).
public enum ConverterFactory {
    /// Full class names, in the order in which REST lists them.
    public static let classNames = [
        "org.apache.kafka.connect.converters.BooleanConverter",
        "org.apache.kafka.connect.converters.ByteArrayConverter",
        "org.apache.kafka.connect.converters.DoubleConverter",
        "org.apache.kafka.connect.converters.FloatConverter",
        "org.apache.kafka.connect.converters.IntegerConverter",
        "org.apache.kafka.connect.converters.LongConverter",
        "org.apache.kafka.connect.converters.ShortConverter",
        "org.apache.kafka.connect.json.JsonConverter",
        "org.apache.kafka.connect.storage.StringConverter",
        simpleHeaderConverter,
    ]

    /// The default of `header.converter`; serves headers only.
    public static let simpleHeaderConverter = "org.apache.kafka.connect.storage.SimpleHeaderConverter"

    /// The full name of a class, simple name (`JsonConverter`) or pruned alias (`Json`); nil for an unknown one.
    public static func resolve(_ name: String) -> String? {
        if classNames.contains(name) { return name }
        return classNames.first { full in
            let simple = full.split(separator: ".").last.map(String.init) ?? full
            if simple == name { return true }
            let suffix = full == simpleHeaderConverter ? "HeaderConverter" : "Converter"
            return simple.hasSuffix(suffix) && String(simple.dropLast(suffix.count)) == name
        }
    }

    /// A converter of keys or values for one task.
    ///
    /// - Parameter options: the converter's keys without their prefix.
    /// - Throws: `config.unknown-class` or `config.invalid`, naming the class or key.
    public static func makeConverter(_ className: String, options: ConfigMap) throws(ConnectError)
        -> any ColumnConverter
    {
        switch resolve(className) {
        case "org.apache.kafka.connect.storage.StringConverter":
            let name = options["converter.encoding"] ?? "UTF-8"
            guard let encoding = TextEncoding(name: name) else {
                throw ConnectError(
                    .configInvalid,
                    "Invalid value \(name) for configuration converter.encoding: use UTF-8, ISO-8859-1 or US-ASCII")
            }
            return StringConverter(encoding: encoding)
        case "org.apache.kafka.connect.converters.ByteArrayConverter": return ByteArrayConverter()
        case "org.apache.kafka.connect.converters.BooleanConverter": return BooleanConverter()
        case "org.apache.kafka.connect.converters.ShortConverter": return NumberConverter(.int16)
        case "org.apache.kafka.connect.converters.IntegerConverter": return NumberConverter(.int32)
        case "org.apache.kafka.connect.converters.LongConverter": return NumberConverter(.int64)
        case "org.apache.kafka.connect.converters.FloatConverter": return NumberConverter(.float32)
        case "org.apache.kafka.connect.converters.DoubleConverter": return NumberConverter(.float64)
        case "org.apache.kafka.connect.json.JsonConverter": return JsonConverter(try jsonOptions(options))
        case let known?:
            throw ConnectError(.configUnknownClass, "\(known) converts headers only")
        case nil:
            throw ConnectError(
                .configUnknownClass,
                "Class \(className) could not be found. Known converters: \(classNames.joined(separator: ", "))")
        }
    }

    /// A converter of headers for one task.
    ///
    /// - Parameter options: the converter's keys without their prefix.
    public static func makeHeaderConverter(_ className: String, options: ConfigMap) throws(ConnectError)
        -> any HeaderConverter
    {
        if resolve(className) == simpleHeaderConverter { return SimpleHeaderConverter() }
        return ColumnHeaderConverter(try makeConverter(className, options: options))
    }

    private static func jsonOptions(_ config: ConfigMap) throws(ConnectError) -> JsonConverter.Options {
        var options = JsonConverter.Options()
        options.schemasEnabled = try boolean(config, "schemas.enable", true)
        options.replaceNullWithDefault = try boolean(config, "replace.null.with.default", true)
        if let text = config["schemas.cache.size"] {
            guard let size = Int32(text) else {
                throw ConnectError(
                    .configInvalid,
                    "Invalid value \(text) for configuration schemas.cache.size: Not a number of type INT")
            }
            options.schemasCacheSize = Int(size)
        }
        switch (config["decimal.format"] ?? "BASE64").uppercased() {
        case "BASE64": options.decimalFormat = .base64
        case "NUMERIC": options.decimalFormat = .numeric
        case let other:
            throw ConnectError(
                .configInvalid,
                "Invalid value \(other) for configuration decimal.format: String must be one of (case insensitive): "
                    + "BASE64, NUMERIC")
        }
        if let content = config["schema.content"], !content.isEmpty {
            let json: JSONValue
            do throws(JSONError) {
                json = try JSONValue.parse(content, limits: JSONValueDecoder.limits)
            } catch {
                throw ConnectError(
                    .configInvalid, "Invalid value for configuration schema.content: \(error.description)")
            }
            var defaults = JSONDefaultReader(
                replaceNullWithDefault: options.replaceNullWithDefault, textLength: content.utf8.count)
            options.schemaContent = try JSONSchemaText.read(json, &defaults)
        }
        return options
    }

    private static func boolean(_ config: ConfigMap, _ key: String, _ standard: Bool) throws(ConnectError) -> Bool {
        guard let text = config[key] else { return standard }
        switch text.lowercased() {
        case "true": return true
        case "false": return false
        default:
            throw ConnectError(
                .configInvalid,
                "Invalid value \(text) for configuration \(key): Expected value to be either true or false")
        }
    }
}
