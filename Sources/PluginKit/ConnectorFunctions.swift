import ConnectABI

/// A connector with the memory that its answers need. Lives between `create` and `destroy`.
final class ConnectorBox {
    enum Instance {
        case source(any SourceConnector)
        case sink(any SinkConnector)

        var connector: any Connector {
            switch self {
            case .source(let connector): return connector
            case .sink(let connector): return connector
            }
        }
    }

    let instance: Instance
    let context: HostContext
    let memory = CMemory()

    init(_ instance: Instance, _ context: HostContext) {
        self.instance = instance
        self.context = context
    }

    static func of(_ handle: UnsafeMutableRawPointer?) throws(PluginError) -> ConnectorBox {
        guard let handle else { throw missingInstance }
        return Unmanaged<ConnectorBox>.fromOpaque(handle).takeUnretainedValue()
    }
}

/// The C functions of every connector written with this kit.
enum ConnectorFunctions {
    static func table(isSource: Bool, canReconfigure: Bool) -> kc_connector {
        var table = kc_connector()
        table.struct_size = UInt32(MemoryLayout<kc_connector>.size)
        table.create = { klass, host, context, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard let host, let factory = ClassFactory.of(klass) else { throw missingInstance }
                let context = HostContext(host: host, handle: context)
                let box = ConnectorBox(factory.makeConnector(context), context)
                out?.pointee = Unmanaged.passRetained(box).toOpaque()
            }
        }
        table.start = { handle, config, reply in
            Answering.run(reply) { () throws(PluginError) in
                try ConnectorBox.of(handle).instance.connector.start(Borrowed.configuration(config))
            }
        }
        table.task_configs = { handle, maximum, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                let box = try ConnectorBox.of(handle)
                let configurations = try box.instance.connector.taskConfigurations(maximum: Int(maximum))
                box.memory.reset()
                out?.pointee = box.memory.table(configurations.map { box.memory.configuration($0) })
            }
        }
        if canReconfigure {
            table.reconfigure = { handle, config, reply in
                Answering.run(reply) { () throws(PluginError) in
                    try ConnectorBox.of(handle).instance.connector.reconfigure(Borrowed.configuration(config))
                }
            }
        }
        table.validate = { handle, config, key, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                let box = try ConnectorBox.of(handle)
                let notes = try box.instance.connector.validate(
                    Borrowed.configuration(config), key: Borrowed.text(key))
                box.memory.reset()
                out?.pointee = box.memory.table(notes.map { box.memory.note($0) })
            }
        }
        if isSource { addSourceFunctions(&table) } else { addSinkFunctions(&table) }
        table.stop = { handle, reply in
            Answering.run(reply) { () throws(PluginError) in try ConnectorBox.of(handle).instance.connector.stop() }
        }
        table.interrupt = { handle in (try? ConnectorBox.of(handle))?.instance.connector.interrupt() }
        table.destroy = { handle in
            guard let handle else { return }
            let box = Unmanaged<ConnectorBox>.fromOpaque(handle)
            let context = box.takeUnretainedValue().context
            // Before the handle goes: what a deinit logs is still heard.
            box.release()
            context.retire()
        }
        return table
    }

    private static func addSourceFunctions(_ table: inout kc_connector) {
        table.exactly_once_support = { handle, config, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard case .source(let connector) = try ConnectorBox.of(handle).instance else { return }
                let answer = try connector.supportsExactlyOnce(Borrowed.configuration(config))
                out?.pointee = Int32(answer.map { $0 ? KC_SUPPORTED : KC_UNSUPPORTED } ?? KC_UNSPECIFIED)
            }
        }
        table.can_define_transaction_boundaries = { handle, config, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard case .source(let connector) = try ConnectorBox.of(handle).instance else { return }
                let answer = try connector.canDefineTransactionBoundaries(Borrowed.configuration(config))
                out?.pointee = Int32(answer ? KC_SUPPORTED : KC_UNSUPPORTED)
            }
        }
        table.alter_source_offsets = { handle, config, offsets, count, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard case .source(let connector) = try ConnectorBox.of(handle).instance else { return }
                let changes = Borrowed.elements(offsets, count).map {
                    SourceOffset(partition: Datum($0.partition), offset: Datum($0.offset))
                }
                out?.pointee = try connector.alterOffsets(Borrowed.configuration(config), changes) ? 1 : 0
            }
        }
    }

    private static func addSinkFunctions(_ table: inout kc_connector) {
        table.alter_sink_offsets = { handle, config, offsets, count, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard case .sink(let connector) = try ConnectorBox.of(handle).instance else { return }
                let changes = Borrowed.topicOffsets(offsets, count)
                out?.pointee = try connector.alterOffsets(Borrowed.configuration(config), changes) ? 1 : 0
            }
        }
    }
}

extension CMemory {
    func configuration(_ configuration: Configuration) -> kc_config {
        kc_config(pairs: table(configuration.entries.map { kc_pair(key: string($0.key), value: string($0.value)) }))
    }

    func note(_ note: ValidationNote) -> kc_validation {
        kc_validation(
            key: string(note.key), flags: note.isVisible ? 0 : UInt32(KC_VALIDATION_HIDDEN), reserved: 0,
            errors: table(note.errors.map { string($0) }), recommended: table(note.recommendedValues.map { string($0) })
        )
    }
}
