import ConnectABI
import ConnectModel

/// A connector of a plugin. Confined to the lane that it was made on, save ``interrupt()``.
final class ConnectorInstance: ConnectorPort {
    private let functions: kc_connector
    private let context: InstanceContext
    private let instance: UnsafeMutableRawPointer
    private let reply = ReplyBuffer()
    private let memory = CMemory()
    private let isSource: Bool
    private var isDestroyed = false

    init(_ kcClass: PluginClass, _ plugin: PluginDescription, _ services: any ConnectorServices) throws(ConnectError) {
        guard let functions = kcClass.connector, let create = functions.create else {
            throw ConnectError(.pluginUnusable, "\(plugin.className) has no connector functions")
        }
        self.functions = functions
        isSource = plugin.kind == .source
        context = InstanceContext(.connector(services), plugin: plugin)
        instance = try Self.make(context, reply) { pointer, handle, reply in
            create(kcClass.pointer, HostTable.pointer, pointer, handle, reply)
        }
    }

    /// Calls a class's `create` with a context that lives as long as the instance.
    static func make(
        _ context: InstanceContext, _ reply: ReplyBuffer,
        _ create: (OpaquePointer, UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafeMutablePointer<kc_reply>) ->
            kc_status
    ) throws(ConnectError) -> UnsafeMutableRawPointer {
        var handle: UnsafeMutableRawPointer?
        let pointer = context.retained()
        let status = context.during(.create) { create(pointer, &handle, reply.fresh()) }
        guard status == KC_OK, let handle else {
            context.release()
            throw status == KC_OK
                ? nonsense("no handle from create, which said that it succeeded") : reply.error(status, "create")
        }
        return handle
    }

    func start(_ config: ConfigMap) throws(ConnectError) {
        try run(.start, functions.start) { $0(instance, memory.config(config), $1) }
    }

    func reconfigure(_ config: ConfigMap) throws(ConnectError) -> Bool {
        guard functions.reconfigure != nil else { return false }
        try run(.reconfigure, functions.reconfigure) { $0(instance, memory.config(config), $1) }
        return true
    }

    func taskConfigs(maximum: Int32) throws(ConnectError) -> [ConfigMap] {
        var table = kc_table()
        try run(.taskConfigs, functions.task_configs) { $0(instance, maximum, &table, $1) }
        var configs: [ConfigMap] = []
        var bytes = 0
        try Self.walk(table, as: kc_config.self, "task configurations") { (config) throws(ConnectError) in
            var map = ConfigMap()
            try Self.walk(config.pairs, as: kc_pair.self, "pairs of a task configuration") {
                (pair) throws(ConnectError) in
                // Many configurations may refer to one text, which is copied for each.
                bytes += max(0, Int(pair.key.length)) + max(0, Int(pair.value.length)) + TaskConfigLimit.bytesOfKey
                guard bytes <= TaskConfigLimit.bytes else {
                    throw ConnectError(
                        .pluginNonsense,
                        "the plugin gave task configurations of more than \(TaskConfigLimit.bytes) bytes together")
                }
                guard let key = try pair.key.text("a key of a task configuration") else {
                    throw nonsense("a task configuration with a null key")
                }
                map.set(key, try pair.value.text("the value of \(key) in a task configuration"))
            }
            configs.append(map)
        }
        return configs
    }

    func stop() throws(ConnectError) {
        try run(.stop, functions.stop) { $0(instance, $1) }
    }

    func validate(_ config: ConfigMap) throws(ConnectError) -> [ValidationNote] {
        guard functions.validate != nil else { return [] }
        var table = kc_table()
        try run(.validate, functions.validate) { $0(instance, memory.config(config), kc_string(), &table, $1) }
        var notes: [ValidationNote] = []
        try Self.walk(table, as: kc_validation.self, "validated keys") { (found) throws(ConnectError) in
            guard let key = try found.key.text("a validated key") else {
                throw nonsense("a validated key without a name")
            }
            notes.append(
                ValidationNote(
                    key: key, errors: try Self.texts(found.errors),
                    recommendedValues: try Self.texts(found.recommended),
                    isVisible: found.flags & UInt32(KC_VALIDATION_HIDDEN) == 0))
        }
        return notes
    }

    func alterOffsets(_ config: ConfigMap, _ offsets: [OffsetChange]) throws(ConnectError) -> Bool? {
        var handled: Int32 = 0
        if isSource {
            guard functions.alter_source_offsets != nil else { return false }
            var changes: [kc_source_offset] = []
            memory.reset()
            for offset in offsets {
                changes.append(
                    kc_source_offset(
                        partition: try memory.value(offset.partition), offset: try memory.value(offset.offset)))
            }
            try run(.alterOffsets, functions.alter_source_offsets, keepsMemory: true) {
                $0(
                    instance, memory.config(config), memory.array(changes), Int32(truncatingIfNeeded: changes.count),
                    &handled, $1)
            }
        } else {
            guard functions.alter_sink_offsets != nil else { return false }
            memory.reset()
            let changes = try offsets.map { (change) throws(ConnectError) in try SinkOffsetJSON.offset(change, memory) }
            try run(.alterOffsets, functions.alter_sink_offsets, keepsMemory: true) {
                $0(
                    instance, memory.config(config), memory.array(changes), Int32(truncatingIfNeeded: changes.count),
                    &handled, $1)
            }
        }
        return handled == 1
    }

    func destroy() {
        guard !isDestroyed else { return }
        isDestroyed = true
        context.during(.destroy) { functions.destroy?(instance) }
        context.release()
    }

    func interrupt() { functions.interrupt?(instance) }

    var callUnderWay: String? { context.callUnderWay }

    private func run<Function>(
        _ call: InstanceContext.Call, _ function: Function?, keepsMemory: Bool = false,
        _ body: (Function, UnsafeMutablePointer<kc_reply>) -> kc_status
    ) throws(ConnectError) {
        guard let function else { throw ConnectError(.pluginUnusable, "the plugin has no function \(call.name ?? "")") }
        if !keepsMemory { memory.reset() }
        context.memory.reset()
        let status = context.during(call) { body(function, reply.fresh()) }
        guard call != .alterOffsets || status != KC_FATAL else {
            // What a connector refuses here is a request's mistake, not its own failure.
            throw ConnectError(.requestMalformed, reply.message(call.name ?? ""))
        }
        try reply.check(status, call.name ?? "")
    }

    // MARK: - Tables of the plugin

    private static let mostItems = 1 << 16

    static func walk<Item>(
        _ table: kc_table, as type: Item.Type, _ what: String, _ body: (Item) throws(ConnectError) -> Void
    ) throws(ConnectError) {
        guard table.count != 0 else { return }
        guard table.count > 0, Int(table.count) <= mostItems, Int(table.stride) >= MemoryLayout<Item>.size,
            table.stride % 8 == 0, let start = table.items
        else { throw nonsense("\(table.count) \(what) of \(table.stride) bytes") }
        for index in 0..<Int(table.count) {
            try body((start + index * Int(table.stride)).assumingMemoryBound(to: Item.self).pointee)
        }
    }

    private static func texts(_ table: kc_table) throws(ConnectError) -> [String] {
        var result: [String] = []
        try walk(table, as: kc_string.self, "texts") { result.append($0.shownText ?? "") }
        return result
    }
}
