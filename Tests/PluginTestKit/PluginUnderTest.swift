public import ConnectABI

/// What a call answered.
public struct Outcome: Sendable, Equatable {
    public let status: Int
    public let error: String
    public let hint: UInt32

    /// An answer to compare with.
    public init(status: Int, error: String, hint: UInt32) {
        self.status = status
        self.error = error
        self.hint = hint
    }
}

/// A class of a plugin, and calls of it as a host makes them.
public final class PluginUnderTest {
    public let plugin: UnsafePointer<kc_plugin>
    public let klass: UnsafePointer<kc_class>
    public let fake = FakeHost()

    /// A class of a description, by its full name.
    public init?(_ descriptor: UnsafeRawPointer?, _ name: String) {
        guard let plugin = descriptor?.assumingMemoryBound(to: kc_plugin.self) else { return nil }
        self.plugin = plugin
        let table = plugin.pointee.classes
        guard let items = table.items else { return nil }
        let all = (0..<Int(table.count)).map { index in
            UnsafePointer((items + index * Int(table.stride)).assumingMemoryBound(to: kc_class.self))
        }
        guard let found = all.first(where: { String(cString: $0.pointee.name) == name }) else { return nil }
        klass = found
    }

    /// Calls with a reply of its own.
    public static func call(_ body: (UnsafeMutablePointer<kc_reply>) -> kc_status) -> Outcome {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { text in
            var reply = kc_reply(
                struct_size: UInt32(MemoryLayout<kc_reply>.size), error_capacity: UInt32(text.count),
                error: text.baseAddress, error_length: 0, hint_ms: 0)
            let status = body(&reply)
            let bytes = UnsafeRawBufferPointer(start: text.baseAddress, count: Int(reply.error_length))
            return Outcome(status: Int(status), error: String(decoding: bytes, as: UTF8.self), hint: reply.hint_ms)
        }
    }

    /// Lends a configuration.
    public static func withConfig<Result>(
        _ config: KeyValuePairs<String, String>, _ body: (UnsafePointer<kc_config>) -> Result
    ) -> Result {
        var texts: [[UInt8]] = []
        for (key, value) in config { texts += [Array(key.utf8), Array(value.utf8)] }
        let copies = texts.map { text in
            let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.count, 1))
            copy.initialize(from: text, count: text.count)
            return kc_string(bytes: copy, length: Int32(text.count), reserved: 0)
        }
        defer { for copy in copies { copy.bytes.deallocate() } }
        let pairs = stride(from: 0, to: copies.count, by: 2).map { kc_pair(key: copies[$0], value: copies[$0 + 1]) }
        return pairs.withUnsafeBufferPointer { buffer in
            var config = kc_config(
                pairs: kc_table(
                    items: UnsafeRawPointer(buffer.baseAddress), count: Int32(buffer.count),
                    stride: UInt32(MemoryLayout<kc_pair>.stride)))
            return body(&config)
        }
    }
}
