import ConnectABI
import Glibc
import Synchronization

/// What the library gets as `kc_context`: one instance, seen from the host.
///
/// Thread-safe, since services may be called from any thread. Never freed: whoever calls a service after `destroy` has
/// returned is to be told so.
final class HostContext: @unchecked Sendable {
    // Guard of the unchecked conformance: `state` guards what changes, and `answering` guards `answers`.

    enum Kind: String, Sendable {
        case connector, sourceTask = "source task", sinkTask = "sink task"
    }

    /// A partition of a topic.
    struct Partition: Hashable, Sendable {
        let topic: String
        let number: Int32
    }

    struct State: Sendable {
        var callsUnderWay = 0
        var isDestroyed = false
        var wakes = 0
        var raised: [String] = []
        /// Sources: what is stored, by source partition.
        var offsets: [SampleValue: SampleValue] = [:]
        var readsOfOffsets = 0
        /// Sinks: the partitions that are open.
        var assignment: [Partition] = []
        /// Sinks: how many records the last put had.
        var recordsOfPut: Int32 = 0
        /// Sinks: the batch of the last put, by its address.
        var batchOfPut: UInt = 0
        /// Sinks: seconds to wait before the next put, once.
        var retryTimeout: Double?
    }

    /// They stay for good.
    private static let all = Mutex<[HostContext]>([])

    let kind: Kind
    let session: Session
    let shape: HostShape
    let state = Mutex(State())
    /// What services answered with: the host's until the call returns that asked.
    private let answers: LentMemory
    private let answering = Mutex(())

    init(_ kind: Kind, _ session: Session, _ shape: HostShape) {
        self.kind = kind
        self.session = session
        self.shape = shape
        answers = HostContext.answerMemory(shape)
        HostContext.all.withLock { $0.append(self) }
    }

    /// Seconds that the sink wished to wait before its next put; told once.
    func takeRetryTimeout() -> Double? {
        state.withLock { state in
            defer { state.retryTimeout = nil }
            return state.retryTimeout
        }
    }

    /// The handle to give to the library.
    var pointer: OpaquePointer { OpaquePointer(Unmanaged.passUnretained(self).toOpaque()) }

    static func of(_ pointer: OpaquePointer?) -> HostContext? {
        pointer.map { Unmanaged<HostContext>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    private static func answerMemory(_ shape: HostShape) -> LentMemory {
        LentMemory("what a service of the host answered with", shape)
    }

    func enter() { state.withLock { $0.callsUnderWay += 1 } }

    /// A call of the host has returned: what services answered is gone.
    func leave() {
        state.withLock { $0.callsUnderWay -= 1 }
        answering.withLock { _ in answers.retire() }
    }

    func destroyed() { state.withLock { $0.isDestroyed = true } }

    /// For the same context again, which no host does, but which costs no memory.
    func reuse() { state.withLock { $0.isDestroyed = false } }

    /// Called first in every service: tells what must not be.
    ///
    /// - Parameter isSerial: made only within a call of the host.
    /// - Returns: whether the call may be answered.
    @discardableResult
    func used(_ service: String, isSerial: Bool = false, onlyFor kinds: [Kind] = []) -> Bool {
        let (isDestroyed, calls) = state.withLock { ($0.isDestroyed, $0.callsUnderWay) }
        if isDestroyed {
            session.problem(
                "the \(kind.rawValue) calls host->\(service) after its destroy has returned: end its threads in stop or destroy"
            )
        } else if isSerial, calls == 0 {
            session.problem("the \(kind.rawValue) calls host->\(service) outside of any call, where that is [serial]")
        }
        if !kinds.isEmpty, !kinds.contains(kind) {
            session.problem("a \(kind.rawValue) calls host->\(service), which is not for it")
        }
        return !isDestroyed && (calls > 0 || !isSerial)
    }

    /// Makes what a service answers with.
    func answer<Result>(_ make: (LentMemory) -> Result) -> Result {
        answering.withLock { _ in
            defer { answers.seal() }
            return Unchecked(make(answers))
        }.value
    }
}
