public import ConnectABI

/// A sink task, driven through its C functions.
public final class SinkTaskDriver {
    private let functions: UnsafePointer<kc_sink_task>
    private let under: PluginUnderTest
    private var handle: UnsafeMutableRawPointer?

    /// Makes an instance.
    public init(_ under: PluginUnderTest) {
        self.under = under
        let functions = under.klass.pointee.task.assumingMemoryBound(to: kc_sink_task.self)
        self.functions = functions
        var handle: UnsafeMutableRawPointer?
        _ = PluginUnderTest.call {
            functions.pointee.create(under.klass, under.fake.host, under.fake.context, &handle, $0)
        }
        self.handle = handle
    }

    deinit {
        if let handle { functions.pointee.destroy(handle) }
    }

    /// Starts it.
    public func start(_ config: KeyValuePairs<String, String>) -> Outcome {
        PluginUnderTest.withConfig(config) { config in
            PluginUnderTest.call { functions.pointee.start(handle, config, $0) }
        }
    }

    /// Puts records with these values; memory of the values is the caller's.
    public func put(_ values: [kc_value], schema: Int32 = -1, schemas: [kc_schema] = []) -> Outcome {
        var topic = kc_topic()
        let name = Array("topic".utf8)
        let records = values.enumerated().map { index, value in
            var record = kc_record()
            record.value = value
            record.offset = kc_value(kind: UInt8(KC_INT64), flags: 0, reserved: 0, length: 0, u: .init(i: Int64(index)))
            record.key_schema = -1
            record.value_schema = schema
            record.source_partition = -1
            return record
        }
        return name.withUnsafeBufferPointer { name in
            topic.name = kc_string(bytes: name.baseAddress, length: Int32(name.count), reserved: 0)
            return withUnsafePointer(to: &topic) { topic in
                records.withUnsafeBufferPointer { records in
                    schemas.withUnsafeBufferPointer { schemas in
                        var batch = kc_batch()
                        batch.struct_size = UInt32(MemoryLayout<kc_batch>.size)
                        batch.kind = UInt32(KC_BATCH_RECORDS)
                        batch.records = SinkTaskDriver.table(records)
                        batch.topics = SinkTaskDriver.table(UnsafeBufferPointer(start: topic, count: 1))
                        batch.schemas = SinkTaskDriver.table(schemas)
                        return PluginUnderTest.call { functions.pointee.put(handle, &batch, $0) }
                    }
                }
            }
        }
    }

    /// Puts records of text.
    public func put(lines: [String]) -> Outcome {
        let texts = lines.map { line in
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(line.utf8.count, 1))
            for (index, byte) in line.utf8.enumerated() { copy[index] = byte }
            return (copy, line.utf8.count)
        }
        defer { for (copy, _) in texts { copy.deallocate() } }
        return put(
            texts.map {
                kc_value(
                    kind: UInt8(KC_STRING), flags: 0, reserved: 0, length: Int32($0.1),
                    u: .init(bytes: UnsafePointer($0.0)))
            })
    }

    /// Stops it.
    public func stop() -> Outcome { PluginUnderTest.call { functions.pointee.stop(handle, $0) } }

    private static func table<Element>(_ elements: UnsafeBufferPointer<Element>) -> kc_table {
        kc_table(
            items: UnsafeRawPointer(elements.baseAddress), count: Int32(elements.count),
            stride: UInt32(MemoryLayout<Element>.stride))
    }
}
