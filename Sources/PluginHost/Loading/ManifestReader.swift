import ConnectABI
import Glibc

/// Reads the description that a library's entry function returned, checking magic, version and sizes before anything else.
///
/// Runs in the probing child for everything, and in the worker for the handshake. A library whose pointers lead nowhere
/// crashes the child.
enum ManifestReader {
    /// No library has more of anything; a larger count is nonsense.
    private static let mostItems = 10_000
    private static let longestText = 1 << 16

    /// Checks that the description can be read by this program.
    static func checked(_ plugin: UnsafePointer<kc_plugin>?) throws(PluginRefusal) -> kc_plugin {
        guard let plugin else { throw PluginRefusal("kafka_connect_entry returned NULL: the plugin describes nothing") }
        let raw = UnsafeRawPointer(plugin)
        let magic = raw.loadUnaligned(as: UInt64.self)
        guard magic == KC_MAGIC else {
            throw PluginRefusal(
                "kafka_connect_entry returned no plugin description (magic \(hexadecimal(magic)), expected "
                    + "\(hexadecimal(KC_MAGIC))): build it with kafka_connect.h")
        }
        let major = raw.loadUnaligned(fromByteOffset: 8, as: UInt16.self)
        let minor = raw.loadUnaligned(fromByteOffset: 10, as: UInt16.self)
        guard major == UInt16(KC_ABI_MAJOR) else {
            throw PluginRefusal(
                "built for version \(major).\(minor) of the plugin interface, this worker has "
                    + "\(KC_ABI_MAJOR).\(KC_ABI_MINOR): build it against this worker's kafka_connect.h")
        }
        let size = raw.loadUnaligned(fromByteOffset: 12, as: UInt32.self)
        guard size >= UInt32(MemoryLayout<kc_plugin>.size) else {
            throw PluginRefusal(
                "its description has \(size) bytes, at least \(MemoryLayout<kc_plugin>.size) are needed: build it against "
                    + "this worker's kafka_connect.h")
        }
        return plugin.pointee
    }

    /// Everything that a library declares.
    static func read(_ plugin: UnsafePointer<kc_plugin>?) throws(PluginRefusal) -> PluginManifest {
        let description = try checked(plugin)
        var classes: [PluginManifest.Class] = []
        try forEach(description.classes, as: kc_class.self, "classes") { (pointer) throws(PluginRefusal) in
            classes.append(try readClass(pointer.pointee, plugin: description))
        }
        return PluginManifest(
            name: try required(description.name, "name"), version: try required(description.version, "version"),
            classes: classes)
    }

    private static func readClass(_ entry: kc_class, plugin: kc_plugin) throws(PluginRefusal) -> PluginManifest.Class {
        let name = try required(entry.name, "class name")
        var keys: [PluginManifest.Key] = []
        try forEach(entry.config_keys, as: kc_config_key.self, "configuration keys") {
            (pointer) throws(PluginRefusal) in
            keys.append(try readKey(pointer.pointee, of: name))
        }
        let isConnector = entry.kind == KC_CLASS_SOURCE || entry.kind == KC_CLASS_SINK
        if isConnector { try checkFunctions(entry, name) }
        let own = try text(entry.version, "version of class \(name)")
        let shared = try required(plugin.version, "version")
        return PluginManifest.Class(
            kind: entry.kind, name: name, version: own ?? shared,
            aliases: try texts(entry.aliases, entry.alias_count, "aliases of class \(name)"), keys: keys)
    }

    /// A connector's tables must be there and hold every function that is not optional.
    private static func checkFunctions(_ entry: kc_class, _ name: String) throws(PluginRefusal) {
        guard let connector = entry.connector, let task = entry.task else {
            throw PluginRefusal("class \(name) has no table of functions")
        }
        guard connector.pointee.struct_size >= UInt32(MemoryLayout<kc_connector>.size) else {
            throw PluginRefusal("class \(name) has a connector table of another interface version")
        }
        let functions = connector.pointee
        try check(
            [
                ("create", functions.create != nil), ("start", functions.start != nil),
                ("task_configs", functions.task_configs != nil), ("stop", functions.stop != nil),
                ("destroy", functions.destroy != nil),
            ], name, "every connector")
        let size = task.loadUnaligned(as: UInt32.self)
        if entry.kind == KC_CLASS_SOURCE {
            guard size >= UInt32(MemoryLayout<kc_source_task>.size) else {
                throw PluginRefusal("class \(name) has a task table of another interface version")
            }
            let functions = task.assumingMemoryBound(to: kc_source_task.self).pointee
            try check(
                [
                    ("create", functions.create != nil), ("start", functions.start != nil),
                    ("poll", functions.poll != nil), ("release_batch", functions.release_batch != nil),
                    ("stop", functions.stop != nil), ("destroy", functions.destroy != nil),
                ], name, "every source task")
        } else {
            guard size >= UInt32(MemoryLayout<kc_sink_task>.size) else {
                throw PluginRefusal("class \(name) has a task table of another interface version")
            }
            let functions = task.assumingMemoryBound(to: kc_sink_task.self).pointee
            try check(
                [
                    ("create", functions.create != nil), ("start", functions.start != nil),
                    ("put", functions.put != nil), ("stop", functions.stop != nil),
                    ("destroy", functions.destroy != nil),
                ], name, "every sink task")
        }
    }

    private static func check(
        _ functions: [(name: String, isThere: Bool)], _ className: String, _ whose: String
    ) throws(PluginRefusal) {
        let missing = functions.filter { !$0.isThere }.map(\.name)
        guard !missing.isEmpty else { return }
        throw PluginRefusal(
            "class \(className) lacks \(missing.joined(separator: ", ")), which \(whose) must have")
    }

    private static func readKey(
        _ key: kc_config_key, of className: String
    ) throws(PluginRefusal) -> PluginManifest.Key {
        let name = try required(key.name, "key name of class \(className)")
        let place = "key \(name) of class \(className)"
        guard (Int32(KC_TYPE_BOOLEAN)...Int32(KC_TYPE_PASSWORD)).contains(key.type) else {
            // Taken for a string, a type that hides its values would show them.
            throw PluginRefusal("\(place) has the unknown type \(key.type)")
        }
        var validators: [PluginManifest.Validator] = []
        try forEach(key.validators, as: kc_validator.self, "validators of \(place)") {
            (pointer) throws(PluginRefusal) in
            let validator = pointer.pointee
            validators.append(
                PluginManifest.Validator(
                    kind: validator.kind,
                    minimum: validator.flags & UInt32(KC_RANGE_HAS_MINIMUM) != 0 ? validator.minimum : nil,
                    maximum: validator.flags & UInt32(KC_RANGE_HAS_MAXIMUM) != 0 ? validator.maximum : nil,
                    values: try texts(validator.values, validator.value_count, "values of a validator of \(place)")))
        }
        return PluginManifest.Key(
            name: name, type: key.type, importance: key.importance, width: key.width,
            hasDefault: key.flags & UInt32(KC_KEY_HAS_DEFAULT) != 0,
            defaultValue: try text(key.default_value, "default of \(place)"),
            documentation: try text(key.documentation, "documentation of \(place)") ?? "",
            group: try text(key.group, "group of \(place)"), order: key.order,
            displayName: try text(key.display_name, "display name of \(place)"),
            dependents: try texts(key.dependents, key.dependent_count, "dependents of \(place)"),
            recommended: try texts(key.recommended, key.recommended_count, "recommended values of \(place)"),
            validators: validators)
    }

    // MARK: - Tables and text

    /// Walks a table by its stride.
    static func forEach<Item>(
        _ table: kc_table, as type: Item.Type, _ what: String,
        _ body: (UnsafePointer<Item>) throws(PluginRefusal) -> Void
    ) throws(PluginRefusal) {
        guard table.count != 0 else { return }
        guard table.count > 0, Int(table.count) <= mostItems, Int(table.stride) >= MemoryLayout<Item>.size,
            table.stride % UInt32(MemoryLayout<Item>.alignment) == 0, table.stride <= 1 << 16, let start = table.items
        else { throw PluginRefusal("its table of \(what) is nonsense (\(table.count) items of \(table.stride) bytes)") }
        for index in 0..<Int(table.count) {
            try body((start + index * Int(table.stride)).assumingMemoryBound(to: Item.self))
        }
    }

    private static func texts(
        _ pointer: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int32, _ what: String
    ) throws(PluginRefusal) -> [String] {
        guard count != 0 else { return [] }
        guard count > 0, Int(count) <= mostItems, let pointer else {
            throw PluginRefusal("its list of \(what) is nonsense (\(count) items)")
        }
        var result: [String] = []
        for index in 0..<Int(count) { result.append(try required(pointer[index], "text among the \(what)")) }
        return result
    }

    private static func required(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(PluginRefusal) -> String {
        guard let text = try text(pointer, what), !text.isEmpty else { throw PluginRefusal("it has an empty \(what)") }
        return text
    }

    private static func text(_ pointer: UnsafePointer<CChar>?, _ what: String) throws(PluginRefusal) -> String? {
        guard let pointer else { return nil }
        let length = strnlen(pointer, longestText)
        guard length < longestText else { throw PluginRefusal("its \(what) does not end within \(longestText) bytes") }
        return String(decoding: UnsafeRawBufferPointer(start: pointer, count: length), as: UTF8.self)
    }

    private static func hexadecimal(_ number: UInt64) -> String { "0x" + String(number, radix: 16) }
}
