import ConnectModel
import EventLoop
import Synchronization

/// The services that a source task's plugin calls back into, from any thread.
final class SourceTaskContext: SourceTaskServices {
    let task: TaskID
    private let offsets: any OffsetStore
    private let wakeTask: @Sendable () -> Void
    /// Whether the task is not to stop.
    private let isWanted: @Sendable () -> Bool
    private let failTask: @Sendable (ConnectError) -> Void
    private let hasData = Atomic<Bool>(false)
    private let hasGivenUp = Atomic<Bool>(false)

    init(
        task: TaskID, offsets: any OffsetStore, isWanted: @escaping @Sendable () -> Bool,
        wake: @escaping @Sendable () -> Void,
        fail: @escaping @Sendable (ConnectError) -> Void
    ) {
        self.task = task
        self.offsets = offsets
        self.isWanted = isWanted
        wakeTask = wake
        failTask = fail
    }

    func wake() {
        hasData.store(true, ordering: .releasing)
        wakeTask()
    }

    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?] {
        do throws(ConnectError) {
            return try offsets.read(connector: task.connector, partitions: partitions, isWanted: isWanted)
        } catch {
            if error.code == .workerStopping { hasGivenUp.store(true, ordering: .releasing) }
            throw error
        }
    }

    /// Whether a read of offsets was given up because the task is to stop. The plugin tells its own error of that.
    var hasGivenUpReading: Bool { hasGivenUp.load(ordering: .acquiring) }

    func raiseError(_ error: ConnectError) { failTask(error) }

    /// Whether the plugin has called ``wake()`` since this was asked last.
    func takeWake() -> Bool { hasData.exchange(false, ordering: .acquiringAndReleasing) }
}
