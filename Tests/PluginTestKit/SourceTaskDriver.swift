public import ConnectABI

/// A source task, driven through its C functions.
public final class SourceTaskDriver {
    /// A record of text, copied.
    public struct Line: Sendable, Equatable {
        public let text: [UInt8]
        public let offset: Int64

        /// A record.
        public init(_ text: String, _ offset: Int64) {
            self.text = Array(text.utf8)
            self.offset = offset
        }

        init(_ record: kc_record) {
            text = Array(UnsafeBufferPointer(start: record.value.u.bytes, count: Int(record.value.length)))
            offset = record.offset.u.i
        }
    }

    /// What a poll gave.
    public struct Poll {
        public let outcome: Outcome
        public let batch: UnsafePointer<kc_batch>?

        /// The records, copied.
        public var lines: [Line] {
            guard let table = batch?.pointee.records, let items = table.items else { return [] }
            return (0..<Int(table.count)).map {
                Line((items + $0 * Int(table.stride)).assumingMemoryBound(to: kc_record.self).pointee)
            }
        }
    }

    private let functions: UnsafePointer<kc_source_task>
    private let under: PluginUnderTest
    private var handle: UnsafeMutableRawPointer?
    /// How `create` ended.
    public let created: Outcome

    /// Makes an instance.
    public init(_ under: PluginUnderTest) {
        self.under = under
        let functions = under.klass.pointee.task.assumingMemoryBound(to: kc_source_task.self)
        self.functions = functions
        var handle: UnsafeMutableRawPointer?
        created = PluginUnderTest.call {
            functions.pointee.create(under.klass, under.fake.host, under.fake.context, &handle, $0)
        }
        self.handle = handle
    }

    deinit { destroy() }

    /// Frees the instance.
    public func destroy() {
        if let handle { functions.pointee.destroy(handle) }
        handle = nil
    }

    /// Starts it.
    public func start(_ config: KeyValuePairs<String, String>) -> Outcome {
        PluginUnderTest.withConfig(config) { config in
            PluginUnderTest.call { functions.pointee.start(handle, config, $0) }
        }
    }

    /// Polls; the batch stays out.
    public func pollKeeping(maximum: Int32 = 10_000) -> Poll {
        var batch: UnsafePointer<kc_batch>?
        let outcome = PluginUnderTest.call { functions.pointee.poll(handle, maximum, &batch, $0) }
        return Poll(outcome: outcome, batch: batch)
    }

    /// Gives a batch back.
    public func release(_ poll: Poll) {
        if let batch = poll.batch { functions.pointee.release_batch(handle, batch) }
    }

    /// Polls until nothing comes any more, or a call fails.
    public func pollAll(maximum: Int32 = 10_000) -> (lines: [Line], last: Outcome) {
        var lines: [Line] = []
        while true {
            let poll = pollKeeping(maximum: maximum)
            lines += poll.lines
            release(poll)
            if poll.outcome.status != KC_OK { return (lines, poll.outcome) }
        }
    }

    /// Interrupts it.
    public func interrupt() { functions.pointee.interrupt?(handle) }

    /// Stops it.
    public func stop() -> Outcome { PluginUnderTest.call { functions.pointee.stop(handle, $0) } }
}
