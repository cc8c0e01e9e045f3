public import ConnectABI
import Glibc
import Synchronization

/// A host for tests of plugins: keeps what plugins tell it, answers from what the test set.
///
/// `@unchecked Sendable`: the state is guarded by a mutex; the C memory is written in the initialiser and, for answers
/// about offsets, by the one thread that drives the plugin.
public final class FakeHost: @unchecked Sendable {
    /// What plugins told, and what they are told.
    public struct State: Sendable {
        /// Lines of log, `LEVEL message`.
        public var log: [String] = []
        /// Positions of source partitions by the text of their first field's value; nil for a stored null.
        public var positions: [String: Int64] = [:]
        /// Errors raised outside calls.
        public var errors: [String] = []
        /// Calls of `wake`.
        public var wakes = 0
        /// Calls of `request_task_reconfiguration`.
        public var reconfigurations = 0
        /// Indices of records that were reported as bad.
        public var badRecords: [Int32] = []
        /// Calls of `request_commit`.
        public var commits = 0
    }

    private let mutex = Mutex(State())
    /// What is called from C threads must outlive every call; tests are short.
    private let table: UnsafeMutablePointer<kc_host>
    private let answer: UnsafeMutablePointer<kc_value>
    private let key: UnsafeMutablePointer<UInt8>
    private let pair: UnsafeMutablePointer<kc_value>

    /// A host that knows nothing yet.
    public init() {
        table = .allocate(capacity: 1)
        answer = .allocate(capacity: 1)
        pair = .allocate(capacity: 2)
        key = .allocate(capacity: 8)
        for (index, byte) in "position".utf8.enumerated() { key[index] = byte }
        table.initialize(to: FakeHost.makeTable())
    }

    deinit {
        table.deallocate()
        answer.deallocate()
        pair.deallocate()
        key.deallocate()
    }

    /// The table to give to `create`.
    public var host: UnsafePointer<kc_host> { UnsafePointer(table) }
    /// The handle to give to `create`.
    public var context: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    /// A copy of what is known.
    public var state: State { mutex.withLock { $0 } }

    /// Changes what is known.
    public func update(_ body: (inout sending State) -> Void) { mutex.withLock { body(&$0) } }

    /// Waits until plugins have told what is asked for; false where that does not come within ten seconds.
    public func waits(for condition: (State) -> Bool) -> Bool {
        for _ in 0..<20_000 {
            if condition(state) { return true }
            usleep(500)
        }
        return false
    }

    private static func of(_ context: OpaquePointer?) -> FakeHost? {
        context.map { Unmanaged<FakeHost>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    /// A copy of text that a plugin lends.
    public static func text(_ string: kc_string) -> String {
        String(decoding: UnsafeBufferPointer(start: string.bytes, count: Int(string.length)), as: UTF8.self)
    }

    private static func makeTable() -> kc_host {
        var table = kc_host()
        table.struct_size = UInt32(MemoryLayout<kc_host>.size)
        table.abi_minor = UInt16(KC_ABI_MINOR)
        table.log = { context, level, message, _, _ in
            let names = ["", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"]
            let line = "\(names[Int(level)]) \(FakeHost.text(message))"
            FakeHost.of(context)?.update { $0.log.append(line) }
        }
        table.log_enabled = { _, _ in 1 }
        table.raise_error = { context, message in
            let text = FakeHost.text(message)
            FakeHost.of(context)?.update { $0.errors.append(text) }
        }
        table.request_task_reconfiguration = { FakeHost.of($0)?.update { $0.reconfigurations += 1 } }
        table.wake = { FakeHost.of($0)?.update { $0.wakes += 1 } }
        table.features = { _ in 0 }
        table.read_offsets = { context, partitions, count, out, _ in
            FakeHost.of(context)?.answerOffset(partitions, count, out)
            return kc_status(KC_OK)
        }
        table.report_bad_record = { context, _, index, _, ticket, _ in
            FakeHost.of(context)?.update { $0.badRecords.append(index) }
            ticket?.pointee = 1
            return kc_status(KC_OK)
        }
        table.bad_record_stored = { _, _, _ in kc_status(KC_OK) }
        table.request_commit = { FakeHost.of($0)?.update { $0.commits += 1 } }
        return table
    }

    /// Answers for the one partition that file tasks ask for.
    private func answerOffset(
        _ partitions: UnsafePointer<kc_value>?, _ count: Int32,
        _ out: UnsafeMutablePointer<UnsafePointer<kc_value>?>?
    ) {
        answer.initialize(to: kc_value())
        out?.pointee = UnsafePointer(answer)
        guard count == 1, let partition = partitions?.pointee, Int(partition.kind) == KC_MAP,
            let name = partition.u.values.map({ $0[1] }), Int(name.kind) == KC_STRING,
            let position = state.positions[
                FakeHost.text(kc_string(bytes: name.u.bytes, length: name.length, reserved: 0))]
        else { return }
        pair[0] = kc_value(kind: UInt8(KC_STRING), flags: 0, reserved: 0, length: 8, u: .init(bytes: key))
        pair[1] = kc_value(kind: UInt8(KC_INT64), flags: 0, reserved: 0, length: 0, u: .init(i: position))
        answer.pointee = kc_value(kind: UInt8(KC_MAP), flags: 0, reserved: 0, length: 1, u: .init(values: pair))
    }
}
