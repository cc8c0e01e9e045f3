package import ConnectModel

/// What the config log says of one connector.
package struct ConnectorConfigState: Sendable, Equatable {
    /// Raw, with its references to config providers; nil for a connector that was removed.
    package internal(set) var config: ConfigMap?
    package internal(set) var targetState: TargetState?
    /// The committed number of tasks; nil before the first commit.
    package internal(set) var taskCount: Int32?
    /// The configuration of the connector that the committed tasks were made from.
    package internal(set) var appliedConfig: ConfigMap?
    /// The last commit came without all of its task configurations: none of them may be started.
    package internal(set) var isInconsistent = false
    /// Counts valid commits from 0; nil before the first. Memory only.
    package internal(set) var taskGeneration: UInt64?
    /// Offset after the commit that put the tasks into force, or after the first configuration where there was none since. An
    /// assignment that was made from less of the log says nothing of these tasks.
    package private(set) var committedOffset: Int64 = -1
    /// A configuration was stored behind the last commit. Where compaction then removes the one before it, who reads the log
    /// from its beginning takes the commit for one of a removed connector and passes it over (KAFKA-16838): the tasks are to
    /// be committed again.
    package private(set) var isCommitOvertaken = false
    /// The connector was removed before it got its present configuration, and there was no commit since.
    private var isAnew = false
    /// Number of tasks at the last fencing.
    package internal(set) var fencedTaskCount: Int32?
    /// Tasks were committed since the last fencing.
    package internal(set) var isFencingPending = false
    /// Raw task configurations that are in force, 0 to `taskCount` − 1; none while inconsistent. Stored: it is asked for with each
    /// change of a task, of thousands at times.
    package private(set) var taskConfigs: [ConfigMap] = []
    private var deferred = SortedTable<Int32, ConfigMap>()

    /// The number of tasks by all that any reader of the log can know. nil where others may know a commit that this reading has
    /// not found.
    package var certainTaskCount: Int32? { taskCount ?? (isAnew ? 0 : nil) }

    /// Of a connector that nothing is known of.
    init() {}

    /// Keeps a task's configuration until the commit.
    mutating func `defer`(_ config: ConfigMap, for number: Int32) { deferred[number] = config }

    /// A configuration was stored.
    mutating func configure(_ config: ConfigMap, offset: Int64) {
        if self.config == nil { committedOffset = offset }
        self.config = config
        if targetState == nil { targetState = .started }
        isCommitOvertaken = taskCount != nil
    }

    /// Puts what was deferred into force, if it is complete.
    ///
    /// - Returns: the numbers that were put into force; extra ones, which compaction may leave, among them. nil where the same
    ///   tasks were in force before.
    mutating func commit(count: Int32, offset: Int64) -> [Int32]? {
        defer { deferred.removeAll() }
        isAnew = false
        isFencingPending = true
        isCommitOvertaken = false
        guard isComplete(count) else {
            committedOffset = offset
            taskCount = count
            isInconsistent = true
            taskConfigs = []
            return []
        }
        let configs = (0..<count).compactMap { deferred[$0] }
        if !deferred.isEmpty { taskGeneration = taskGeneration.map { $0 + 1 } ?? 0 }
        if !isInconsistent, taskCount == count, taskConfigs == configs, appliedConfig == config { return nil }
        committedOffset = offset
        taskCount = count
        isInconsistent = false
        taskConfigs = configs
        appliedConfig = config
        return deferred.keys
    }

    /// What a removed connector loses. The fencing record and the generation stay.
    mutating func remove() {
        forgetTasks()
        isAnew = true
    }

    /// A commit came, and no configuration before it: the connector was removed, or its configuration overtook the commit and
    /// was compacted.
    mutating func commitWithoutConfig() {
        forgetTasks()
        isAnew = false
    }

    private mutating func forgetTasks() {
        config = nil
        taskCount = nil
        appliedConfig = nil
        taskConfigs = []
        isCommitOvertaken = false
        deferred.removeAll()
    }

    private func isComplete(_ count: Int32) -> Bool {
        // Counting first: a forged count must not cost a walk through all numbers.
        guard deferred.count >= Int(count) else { return false }
        return (0..<count).allSatisfy { deferred[$0] != nil }
    }
}
