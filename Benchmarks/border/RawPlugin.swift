import ConnectABI
import Glibc

/// A plugin's functions called with nothing in between: what the plugin's own work costs.
final class RawPlugin {
    private let klass: UnsafePointer<kc_class>
    private let host: UnsafeMutablePointer<kc_host>
    private let reply: UnsafeMutablePointer<kc_reply>
    private let text = UnsafeMutablePointer<CChar>.allocate(capacity: 1024)
    private var handle: UnsafeMutableRawPointer?

    /// Opens a library for the life of the process.
    init?(library: String, className: String) {
        guard let opened = dlopen(library, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(opened, "kafka_connect_entry")
        else {
            return nil
        }
        typealias Entry = @convention(c) () -> UnsafePointer<kc_plugin>?
        guard let plugin = unsafeBitCast(symbol, to: Entry.self)(), let items = plugin.pointee.classes.items else {
            return nil
        }
        let classes = (0..<Int(plugin.pointee.classes.count)).map { index in
            UnsafePointer(
                (items + index * Int(plugin.pointee.classes.stride)).assumingMemoryBound(to: kc_class.self))
        }
        guard let found = classes.first(where: { String(cString: $0.pointee.name) == className }) else { return nil }
        klass = found
        host = .allocate(capacity: 1)
        host.initialize(to: kc_host())
        host.pointee.struct_size = UInt32(MemoryLayout<kc_host>.size)
        host.pointee.log = { _, _, _, _, _ in }
        host.pointee.log_enabled = { _, _ in 0 }
        host.pointee.features = { _ in 0 }
        host.pointee.read_offsets = { _, _, count, out, _ in
            let values = UnsafeMutablePointer<kc_value>.allocate(capacity: Int(count))
            values.initialize(repeating: kc_value(), count: Int(count))
            out?.pointee = UnsafePointer(values)
            return kc_status(KC_OK)
        }
        reply = .allocate(capacity: 1)
        reply.initialize(to: kc_reply())
    }

    private var source: kc_source_task { klass.pointee.task.assumingMemoryBound(to: kc_source_task.self).pointee }
    private var sink: kc_sink_task { klass.pointee.task.assumingMemoryBound(to: kc_sink_task.self).pointee }

    private func fresh() -> UnsafeMutablePointer<kc_reply> {
        reply.pointee = kc_reply(
            struct_size: UInt32(MemoryLayout<kc_reply>.size), error_capacity: 1024, error: text, error_length: 0,
            hint_ms: 0)
        return reply
    }

    /// Makes and starts a task.
    func start(isSource: Bool, _ pairs: [(String, String)]) -> Bool {
        let list = pairs.map { kc_pair(key: string($0.0), value: string($0.1)) }
        return list.withUnsafeBufferPointer { buffer in
            var config = kc_config(
                pairs: kc_table(
                    items: UnsafeRawPointer(buffer.baseAddress), count: Int32(buffer.count),
                    stride: UInt32(MemoryLayout<kc_pair>.stride)))
            if isSource {
                return source.create(klass, host, nil, &handle, fresh()) == KC_OK
                    && source.start(handle, &config, fresh()) == KC_OK
            }
            return sink.create(klass, host, nil, &handle, fresh()) == KC_OK
                && sink.start(handle, &config, fresh()) == KC_OK
        }
    }

    /// Polls once and gives the batch back.
    func poll(_ maximum: Int32) -> Int {
        var batch: UnsafePointer<kc_batch>?
        guard source.poll(handle, maximum, &batch, fresh()) == KC_OK, let batch else { return 0 }
        let count = Int(batch.pointee.records.count)
        source.release_batch(handle, batch)
        return count
    }

    /// Puts a batch.
    func put(_ batch: UnsafePointer<kc_batch>) -> Bool { sink.put(handle, batch, fresh()) == KC_OK }

    private func string(_ text: String) -> kc_string {
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.utf8.count, 1))
        for (index, byte) in text.utf8.enumerated() { copy[index] = byte }
        return kc_string(bytes: copy, length: Int32(clamping: text.utf8.count), reserved: 0)
    }
}
