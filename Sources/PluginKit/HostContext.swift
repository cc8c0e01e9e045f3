import ConnectABI

/// The worker, as one connector or task sees it. Free to keep, by a closure or a thread of the plugin's too: once the worker
/// has given the instance up nothing that is asked of it has an effect, and what has an answer throws.
///
/// `@unchecked Sendable`: the table never changes, and the handle has a lock of its own; the ABI allows the calls made without
/// a remark from any thread. The others say that they belong inside a call of the worker on the same instance.
public final class HostContext: @unchecked Sendable {
    private let host: UnsafePointer<kc_host>
    private let handle: HostHandle

    init(host: UnsafePointer<kc_host>, handle: OpaquePointer?) {
        self.host = host
        self.handle = HostHandle(handle)
    }

    /// The instance is destroyed: calls under way end before this returns, others do nothing from now on.
    func retire() { handle.retire() }

    /// How loud a line is; raw values are the ABI's `KC_LOG_…`.
    public enum LogLevel: Int32, Sendable {
        case error = 1
        case warning = 2
        case info = 3
        case debug = 4
        case trace = 5
    }

    /// What this instance may use.
    public struct Features: OptionSet, Sendable {
        public let rawValue: UInt32
        /// From the ABI's bits.
        public init(rawValue: UInt32) { self.rawValue = rawValue }
        /// ``reportBadRecord(at:of:_:)`` is wanted.
        public static let badRecords = Features(rawValue: UInt32(KC_FEATURE_BAD_RECORDS))
        /// Records and batches may end transactions.
        public static let transactions = Features(rawValue: UInt32(KC_FEATURE_TRANSACTIONS))
    }

    /// What this instance may use.
    public var features: Features {
        Features(rawValue: handle.use { host.pointee.features?($0) ?? 0 } ?? 0)
    }

    /// Writes a line of log; the worker adds the names of connector and task. The message is built only when it is wanted.
    public func log(_ level: LogLevel, _ message: @autoclosure () -> String) {
        guard let log = host.pointee.log,
            handle.use({ host.pointee.log_enabled?($0, level.rawValue) != 0 }) ?? false
        else { return }
        // The message is the plugin's code, which may take its time or log itself: not while the handle is held.
        HostContext.lend(message()) { text in handle.use { log($0, level.rawValue, text, nil, 0) } }
    }

    /// Fails the instance outside a call.
    public func raise(_ message: String) {
        HostContext.lend(message) { text in handle.use { host.pointee.raise_error?($0, text) } }
    }

    /// Connectors: asks the worker to ask for task configurations again.
    public func requestTaskReconfiguration() {
        handle.use { host.pointee.request_task_reconfiguration?($0) }
    }

    /// Tasks: says that a poll, or a put that was put off, is worth while now.
    public func wake() {
        handle.use { host.pointee.wake?($0) }
    }

    /// Sources, inside a call: the stored offsets of these partitions, `.null` where nothing is stored. May block.
    public func storedOffsets(of partitions: [Datum]) throws(PluginError) -> [Datum] {
        guard let read = host.pointee.read_offsets else { throw .fatal("the worker cannot read offsets") }
        let memory = CMemory()
        let values = partitions.map(memory.value)
        var answer: UnsafePointer<kc_value>?
        try check { handle, reply in
            values.withUnsafeBufferPointer { read(handle, $0.baseAddress, Int32(clamping: $0.count), &answer, reply) }
        }
        return Borrowed.elements(answer, Int32(clamping: partitions.count)).map { Datum($0) }
    }

    /// Sinks, inside `put`: a record that cannot be used. The worker copies it for its dead letters.
    ///
    /// - Returns: a ticket for ``isStored(ticket:)``.
    public func reportBadRecord(at index: Int, of records: SinkRecords, _ reason: String) throws(PluginError) -> UInt64
    {
        guard let report = host.pointee.report_bad_record else { throw .fatal("the worker takes no bad records") }
        var ticket: UInt64 = 0
        let memory = CMemory()
        let text = memory.string(reason)
        try check { report($0, records.batch, Int32(clamping: index), text, &ticket, $1) }
        return ticket
    }

    /// Sinks, inside a call: whether the report of a bad record is safe.
    public func isStored(ticket: UInt64) throws(PluginError) -> Bool {
        guard let ask = host.pointee.bad_record_stored else { return true }
        var status = kc_status(KC_OK)
        try check { handle, reply in
            status = ask(handle, ticket, reply)
            return status == KC_WOULD_BLOCK ? kc_status(KC_OK) : status
        }
        return status == KC_OK
    }

    /// Sinks, inside a call: the partitions that are open.
    public func assignment() throws(PluginError) -> [TopicPartition] {
        guard let ask = host.pointee.assignment else { return [] }
        var start: UnsafePointer<kc_topic_partition>?
        var count: Int32 = 0
        try check { ask($0, &start, &count, $1) }
        return Borrowed.topicPartitions(start, count)
    }

    /// Sinks, inside a call: no more records of these partitions until ``resume(_:)``.
    public func pause(_ partitions: [TopicPartition]) throws(PluginError) {
        try call(host.pointee.pause, partitions)
    }

    /// Sinks, inside a call: ends ``pause(_:)``.
    public func resume(_ partitions: [TopicPartition]) throws(PluginError) {
        try call(host.pointee.resume, partitions)
    }

    /// Sinks, inside a call: goes on reading at these offsets.
    public func rewind(_ offsets: [TopicOffset]) throws(PluginError) {
        guard let rewind = host.pointee.rewind else { throw .fatal("the worker cannot rewind") }
        let memory = CMemory()
        let list = memory.topicOffsets(offsets)
        try check { rewind($0, list.items?.assumingMemoryBound(to: kc_topic_offset.self), list.count, $1) }
    }

    /// Sinks, inside a call: asks for a commit without waiting for the interval.
    public func requestCommit() {
        handle.use { host.pointee.request_commit?($0) }
    }

    /// Sinks, inside a call: how long to wait before records are put again after a retriable failure.
    public func setRetryTimeout(milliseconds: UInt32) {
        handle.use { host.pointee.set_retry_timeout?($0, milliseconds) }
    }

    private typealias PartitionCall =
        @convention(c) (
            OpaquePointer?, UnsafePointer<kc_topic_partition>?, Int32, UnsafeMutablePointer<kc_reply>?
        ) -> kc_status

    private func call(_ function: PartitionCall?, _ partitions: [TopicPartition]) throws(PluginError) {
        guard let function else { throw .fatal("the worker cannot pause partitions") }
        let memory = CMemory()
        let list = memory.table(
            partitions.map { kc_topic_partition(topic: memory.string($0.topic), partition: $0.partition, reserved: 0) })
        try check { function($0, list.items?.assumingMemoryBound(to: kc_topic_partition.self), list.count, $1) }
    }

    private static let retiredText = "the worker has given this instance up"

    /// Makes a call with a reply of its own, and throws what it answers.
    private func check(
        _ body: (OpaquePointer?, UnsafeMutablePointer<kc_reply>) -> kc_status
    ) throws(PluginError) {
        let (status, message, hint): (kc_status, String, UInt32) = withUnsafeTemporaryAllocation(
            of: CChar.self, capacity: 1024
        ) { text in
            var reply = kc_reply(
                struct_size: UInt32(MemoryLayout<kc_reply>.size), error_capacity: UInt32(text.count),
                error: text.baseAddress, error_length: 0, hint_ms: 0)
            guard let status = self.handle.use({ handle in body(handle, &reply) }) else {
                return (kc_status(KC_FATAL), HostContext.retiredText, UInt32(0))
            }
            let bytes = UnsafeRawBufferPointer(start: text.baseAddress, count: min(Int(reply.error_length), text.count))
            return (status, String(decoding: bytes, as: UTF8.self), reply.hint_ms)
        }
        switch Int(status) {
        case KC_OK: return
        case KC_RETRIABLE, KC_WOULD_BLOCK: throw .retriable(message, afterMilliseconds: hint)
        default: throw .fatal(message)
        }
    }

    private static func lend(_ text: String, _ body: (kc_string) -> Void) {
        var text = text
        text.withUTF8 { body(kc_string(bytes: $0.baseAddress, length: Int32(clamping: $0.count), reserved: 0)) }
    }
}
