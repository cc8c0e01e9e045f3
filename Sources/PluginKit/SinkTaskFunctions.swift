import ConnectABI

/// A sink task with the memory that its answers need. Lives between `create` and `destroy`.
final class SinkTaskBox {
    let task: any SinkTask
    let context: HostContext
    let memory = CMemory()

    init(_ task: any SinkTask, _ context: HostContext) {
        self.task = task
        self.context = context
    }

    static func of(_ handle: UnsafeMutableRawPointer?) throws(PluginError) -> SinkTaskBox {
        guard let handle else { throw missingInstance }
        return Unmanaged<SinkTaskBox>.fromOpaque(handle).takeUnretainedValue()
    }
}

/// The C functions of every sink task written with this kit.
enum SinkTaskFunctions {
    static func table(decidesOffsets: Bool) -> kc_sink_task {
        var table = kc_sink_task()
        table.struct_size = UInt32(MemoryLayout<kc_sink_task>.size)
        table.create = { klass, host, context, out, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard let host, let make = ClassFactory.of(klass)?.makeSinkTask else { throw missingInstance }
                let context = HostContext(host: host, handle: context)
                let box = SinkTaskBox(make(context), context)
                out?.pointee = Unmanaged.passRetained(box).toOpaque()
            }
        }
        table.start = { handle, config, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SinkTaskBox.of(handle).task.start(Borrowed.configuration(config))
            }
        }
        table.open = { handle, partitions, count, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SinkTaskBox.of(handle).task.open(Borrowed.topicPartitions(partitions, count))
            }
        }
        table.put = { handle, batch, reply in
            Answering.run(reply) { () throws(PluginError) in
                guard let batch else { throw missingInstance }
                try SinkTaskBox.of(handle).task.put(SinkRecords(batch))
            }
        }
        table.flush = { handle, offsets, count, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SinkTaskBox.of(handle).task.flush(Borrowed.topicOffsets(offsets, count))
            }
        }
        if decidesOffsets {
            table.pre_commit = { handle, offsets, count, out, reply in
                Answering.run(reply) { () throws(PluginError) in
                    let box = try SinkTaskBox.of(handle)
                    let safe = try box.task.preCommit(Borrowed.topicOffsets(offsets, count))
                    box.memory.reset()
                    out?.pointee = box.memory.topicOffsets(safe)
                }
            }
        }
        table.close = { handle, partitions, count, reply in
            Answering.run(reply) { () throws(PluginError) in
                try SinkTaskBox.of(handle).task.close(Borrowed.topicPartitions(partitions, count))
            }
        }
        table.stop = { handle, reply in
            Answering.run(reply) { () throws(PluginError) in try SinkTaskBox.of(handle).task.stop() }
        }
        table.interrupt = { handle in (try? SinkTaskBox.of(handle))?.task.interrupt() }
        table.destroy = { handle in
            guard let handle else { return }
            let box = Unmanaged<SinkTaskBox>.fromOpaque(handle)
            let context = box.takeUnretainedValue().context
            // Before the handle goes: what a deinit logs is still heard.
            box.release()
            context.retire()
        }
        return table
    }
}
