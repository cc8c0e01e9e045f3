import ConnectABI

/// A plugin: what `kafka_connect_entry` describes. Make one in a global constant and answer with its ``descriptor``:
///
/// ```swift
/// private let plugin = Plugin(name: "kafka-connect-foo", version: "1.0", description: "Foo", classes: [.source(Foo.self)])
/// @c(kafka_connect_entry) public func entry() -> UnsafeRawPointer? { plugin.descriptor }
/// ```
///
/// `@unchecked Sendable`: nothing changes after the initialiser.
public final class Plugin: @unchecked Sendable {
    /// The constant description that the worker reads. It lives as long as the process.
    public let descriptor: UnsafeRawPointer
    private let memory = CMemory()

    /// Builds the description.
    public init(name: String, version: String, description: String, classes: [PluginClass]) {
        let plugin = memory.array(of: kc_plugin.self, count: 1)
        plugin.pointee = kc_plugin(
            magic: KC_MAGIC, abi_major: UInt16(KC_ABI_MAJOR), abi_minor: UInt16(KC_ABI_MINOR),
            struct_size: UInt32(MemoryLayout<kc_plugin>.size), name: memory.zeroTerminated(name),
            version: memory.zeroTerminated(version), description: memory.zeroTerminated(description),
            classes: memory.table(classes.map { [memory] in $0.description(in: memory) }), get_extension: nil)
        descriptor = UnsafeRawPointer(plugin)
        // The worker keeps addresses into this memory for good, so it must not go when the constant is torn down at exit.
        _ = Unmanaged.passRetained(memory)
    }
}

/// A class for a plugin's table.
public struct PluginClass {
    let kind: Int
    let definition: ClassDefinition
    let factory: ClassFactory
    let canReconfigure: Bool
    let decidesOffsets: Bool

    /// A source connector with its task.
    public static func source<C: SourceConnector>(_ type: C.Type) -> PluginClass {
        PluginClass(
            kind: KC_CLASS_SOURCE, definition: type.definition,
            factory: ClassFactory(
                makeConnector: { .source(type.init(context: $0)) }, makeSourceTask: { C.Task(context: $0) },
                makeSinkTask: nil),
            canReconfigure: type.canReconfigure, decidesOffsets: false)
    }

    /// A sink connector with its task.
    public static func sink<C: SinkConnector>(_ type: C.Type) -> PluginClass {
        PluginClass(
            kind: KC_CLASS_SINK, definition: type.definition,
            factory: ClassFactory(
                makeConnector: { .sink(type.init(context: $0)) }, makeSourceTask: nil,
                makeSinkTask: { C.Task(context: $0) }),
            canReconfigure: type.canReconfigure, decidesOffsets: C.Task.decidesOffsets)
    }

    func description(in memory: CMemory) -> kc_class {
        let connector = memory.array(of: kc_connector.self, count: 1)
        connector.pointee = ConnectorFunctions.table(isSource: kind == KC_CLASS_SOURCE, canReconfigure: canReconfigure)
        let task: UnsafeRawPointer
        if kind == KC_CLASS_SOURCE {
            let table = memory.array(of: kc_source_task.self, count: 1)
            table.pointee = SourceTaskFunctions.table
            task = UnsafeRawPointer(table)
        } else {
            let table = memory.array(of: kc_sink_task.self, count: 1)
            table.pointee = SinkTaskFunctions.table(decidesOffsets: decidesOffsets)
            task = UnsafeRawPointer(table)
        }
        var result = kc_class()
        result.kind = Int32(clamping: kind)
        result.name = memory.zeroTerminated(definition.name)
        result.version = memory.zeroTerminated(definition.version)
        result.documentation = memory.zeroTerminated(definition.documentation)
        result.aliases = memory.zeroTerminated(definition.aliases)
        result.alias_count = Int32(clamping: definition.aliases.count)
        result.config_keys = memory.table(definition.keys.map { $0.description(in: memory) })
        result.connector = UnsafePointer(connector)
        result.task = task
        // Immortal like the table that points to it.
        result.context = UnsafeRawPointer(Unmanaged.passRetained(factory).toOpaque())
        return result
    }
}

/// What `create` calls need of a class.
final class ClassFactory {
    let makeConnector: (HostContext) -> ConnectorBox.Instance
    let makeSourceTask: ((HostContext) -> any SourceTask)?
    let makeSinkTask: ((HostContext) -> any SinkTask)?

    init(
        makeConnector: @escaping (HostContext) -> ConnectorBox.Instance,
        makeSourceTask: ((HostContext) -> any SourceTask)?, makeSinkTask: ((HostContext) -> any SinkTask)?
    ) {
        self.makeConnector = makeConnector
        self.makeSourceTask = makeSourceTask
        self.makeSinkTask = makeSinkTask
    }

    static func of(_ klass: UnsafePointer<kc_class>?) -> ClassFactory? {
        klass?.pointee.context.map { Unmanaged<ClassFactory>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension ConfigKey {
    func description(in memory: CMemory) -> kc_config_key {
        var result = kc_config_key()
        result.name = memory.zeroTerminated(name)
        result.type = type.rawValue
        result.importance = importance.rawValue
        result.width = width.rawValue
        switch defaultValue {
        case .required: break
        case .null: result.flags = UInt32(KC_KEY_HAS_DEFAULT)
        case .text(let text):
            result.flags = UInt32(KC_KEY_HAS_DEFAULT)
            result.default_value = memory.zeroTerminated(text)
        }
        result.documentation = memory.zeroTerminated(documentation)
        result.group = memory.zeroTerminated(group)
        result.order = order
        result.display_name = memory.zeroTerminated(displayName)
        result.dependents = memory.zeroTerminated(dependents)
        result.dependent_count = Int32(clamping: dependents.count)
        result.recommended = memory.zeroTerminated(recommendedValues)
        result.recommended_count = Int32(clamping: recommendedValues.count)
        result.validators = memory.table(validators.map { $0.description(in: memory) })
        return result
    }
}

extension ConfigKey.Validator {
    func description(in memory: CMemory) -> kc_validator {
        var result = kc_validator()
        switch self {
        case .range(let minimum, let maximum):
            result.kind = Int32(KC_VALIDATE_RANGE)
            if let minimum {
                result.minimum = minimum
                result.flags |= UInt32(KC_RANGE_HAS_MINIMUM)
            }
            if let maximum {
                result.maximum = maximum
                result.flags |= UInt32(KC_RANGE_HAS_MAXIMUM)
            }
        case .oneOf(let values, let ignoringCase):
            result.kind = Int32(ignoringCase ? KC_VALIDATE_ONE_OF_IGNORE_CASE : KC_VALIDATE_ONE_OF)
            result.values = memory.zeroTerminated(values)
            result.value_count = Int32(clamping: values.count)
        case .nonEmpty: result.kind = Int32(KC_VALIDATE_NON_EMPTY)
        case .nonNull: result.kind = Int32(KC_VALIDATE_NON_NULL)
        case .nonEmptyList: result.kind = Int32(KC_VALIDATE_NON_EMPTY_LIST)
        case .regularExpression: result.kind = Int32(KC_VALIDATE_REGEX)
        }
        return result
    }
}
