import ConnectModel
import RecordPipeline
import Synchronization

/// What a sink task's plugin asks for during its calls, kept until the runner looks.
///
/// `wake` and `raiseError` come from any thread; all else belongs to the task's lane, since the plugin's calls do.
final class SinkTaskContext: SinkTaskServices {
    /// As for hints: a longer wish, such as a number that was negative once, would look like a task that hangs.
    private static let longestWait: UInt64 = 3_600_000_000_000

    let task: TaskID
    let wantsBadRecords: Bool
    private let tolerance: ErrorTolerance
    private let reportBad: @Sendable (ConnectError, _ index: Int, _ batch: SinkBatch?) -> Void
    private let wakeTask: @Sendable () -> Void
    private let failTask: @Sendable (ConnectError) -> Void
    private let isWoken = Atomic<Bool>(false)

    // Touched on the lane only.
    nonisolated(unsafe) private(set) var assignment: [TopicPartition] = []
    /// The partitions that the plugin has paused.
    nonisolated(unsafe) private(set) var paused: Set<TopicPartition> = []
    nonisolated(unsafe) private var pauses: [TopicPartition] = []
    nonisolated(unsafe) private var resumes: [TopicPartition] = []
    nonisolated(unsafe) private var rewinds: [TopicPartitionOffset] = []
    nonisolated(unsafe) private(set) var isCommitRequested = false
    nonisolated(unsafe) private var retryTimeout: UInt64?
    /// What `put` was given last, while it lies in the batch: the plugin may report a record of it until the next commit.
    nonisolated(unsafe) var lastPut: SinkBatch?

    init(
        task: TaskID, tolerance: ErrorTolerance, logsErrors: Bool,
        reportBad: @escaping @Sendable (ConnectError, _ index: Int, _ batch: SinkBatch?) -> Void,
        wake: @escaping @Sendable () -> Void, fail: @escaping @Sendable (ConnectError) -> Void
    ) {
        self.task = task
        self.tolerance = tolerance
        wantsBadRecords = tolerance == .all || logsErrors
        self.reportBad = reportBad
        wakeTask = wake
        failTask = fail
    }

    // MARK: The plugin

    func pause(_ partitions: [TopicPartition]) {
        for partition in partitions where assignment.contains(partition) {
            paused.insert(partition)
            pauses.append(partition)
        }
    }

    func resume(_ partitions: [TopicPartition]) {
        for partition in partitions where assignment.contains(partition) {
            paused.remove(partition)
            resumes.append(partition)
        }
    }

    func rewind(_ offsets: [TopicPartitionOffset]) { rewinds += offsets }

    func requestCommit() { isCommitRequested = true }

    func setRetryTimeout(_ milliseconds: Int64) {
        retryTimeout = min(UInt64(milliseconds: milliseconds), Self.longestWait)
    }

    func reportBadRecord(index: Int, _ error: ConnectError) throws(ConnectError) {
        guard tolerance == .all else { throw error }
        reportBad(error, index, lastPut)
    }

    func raiseError(_ error: ConnectError) { failTask(error) }

    func wake() {
        isWoken.store(true, ordering: .releasing)
        wakeTask()
    }

    // MARK: The runner

    /// The task's partitions are these now; pauses of others are forgotten.
    func setAssignment(_ partitions: [TopicPartition]) {
        assignment = partitions
        paused.formIntersection(partitions)
    }

    /// Takes the partitions that the plugin has paused and resumed since the last call. One that is in both is to be
    /// looked up in ``paused``.
    func takePauses() -> (paused: [TopicPartition], resumed: [TopicPartition]) {
        defer {
            pauses.removeAll(keepingCapacity: true)
            resumes.removeAll(keepingCapacity: true)
        }
        return (pauses.filter(paused.contains), resumes.filter { !paused.contains($0) })
    }

    /// Takes where the plugin wants to read on.
    func takeRewinds() -> [TopicPartitionOffset] {
        defer { rewinds.removeAll(keepingCapacity: true) }
        return rewinds
    }

    /// A commit has begun: the request is met.
    func commitBegins() { isCommitRequested = false }

    /// Takes the wait (nanoseconds) that the plugin has asked for, once.
    func takeRetryTimeout() -> UInt64? {
        defer { retryTimeout = nil }
        return retryTimeout
    }

    /// Whether the plugin has called ``wake()`` since this was asked last.
    func takeWake() -> Bool { isWoken.exchange(false, ordering: .acquiringAndReleasing) }
}
