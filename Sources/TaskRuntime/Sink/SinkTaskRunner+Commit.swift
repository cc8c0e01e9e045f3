import ConnectModel
import EventLoop
import Logging

/// The commit under way of a sink task. Kept apart from the offsets, which know nothing of time.
struct SinkCommitState {
    /// Number of the newest commit; answers to older ones are ignored.
    var sequence: UInt64 = 0
    /// What the newest commit stores, until it is answered.
    var pending: [TopicPartitionOffset] = []
    /// The newest commit is counted as under way.
    var isUnderWay = false
    /// Beyond which the commit under way counts as failed.
    var deadline: UInt64 = .max
    /// When the next one is due.
    var nextCommit: UInt64 = .max
    /// The partitions that go once the commit under way is answered.
    var closing: [TopicPartition]?

    /// When something has to be looked at.
    ///
    /// Not the next commit while one is under way: it could not begin, and the task would look again and again.
    var nextDeadline: UInt64 { isUnderWay ? deadline : nextCommit }
}

extension SinkTaskRunner {
    /// Takes the answers to commits.
    func takeCommits(_ receiver: any RecordReceiver) {
        receiver.drainCommits { sequence, error in
            guard sequence == commitState.sequence else { return }
            commitState.isUnderWay = false
            if let error {
                logCommitFailure(error)
            } else {
                offsets.committed(commitState.pending)
            }
            commitState.pending = []
        }
    }

    /// Begins a commit when it is time or the plugin asked for one, and counts one that takes too long as failed.
    ///
    /// - Returns: whether the plugin was asked, which may have taken long.
    func commitIfDue(_ port: any SinkTaskPort, _ receiver: any RecordReceiver, _ now: UInt64) -> Bool {
        if commitState.isUnderWay, now >= commitState.deadline {
            commitState.isUnderWay = false
            logCommitFailure(
                ConnectError(.kafkaUnavailable, "The commit was not answered within offset.flush.timeout.ms"))
        }
        guard !commitState.isUnderWay else { return false }
        if now >= commitState.nextCommit { emptyPutIsDue() }
        guard context.isCommitRequested || now >= commitState.nextCommit else { return false }
        commitState.nextCommit = now.addingSaturating(parts.worker.offsetFlushInterval)
        context.commitBegins()
        let candidates = offsets.candidates()
        guard !candidates.isEmpty else { return false }
        commitState.sequence += 1
        do throws(ConnectError) {
            let answer = try port.preCommit(candidates)
            send(answer, of: candidates, receiver, now)
        } catch {
            Self.log.error(
                "The plugin failed to prepare a commit; its records are read again from the last committed offsets: "
                    + error.message, logFields + [.errorCode(error.code.rawValue)])
            // Whatever is lent lies before the new positions' records only by chance: it comes again.
            dropLent(receiver)
            receiver.seek(offsets.rewind())
        }
        return true
    }

    /// Flushes and closes partitions that are about to go, and sends their last commit.
    func close(
        _ partitions: [TopicPartition], _ port: any SinkTaskPort, _ receiver: any RecordReceiver, now: UInt64
    ) throws(ConnectError) {
        dropLent(receiver, of: partitions)
        commitState.closing = partitions
        commitState.isUnderWay = false
        let candidates = offsets.candidates(partitions)
        var answer: [TopicPartitionOffset] = []
        if !candidates.isEmpty {
            commitState.sequence += 1
            do throws(ConnectError) {
                answer = try port.preCommit(candidates)
            } catch {
                Self.log.warning(
                    "The plugin failed to prepare the last commit of partitions that go: \(error.message)",
                    logFields + [.errorCode(error.code.rawValue)])
            }
        }
        if !partitions.isEmpty { try port.close(partitions) }
        send(answer, of: candidates, receiver, now)
    }

    private func send(
        _ answer: [TopicPartitionOffset], of candidates: [TopicPartitionOffset], _ receiver: any RecordReceiver,
        _ now: UInt64
    ) {
        let plan = offsets.plan(requested: candidates, answer: answer)
        for ignored in plan.ignored { warn(of: ignored) }
        guard let commit = plan.commit else { return }
        commitState.pending = commit
        commitState.isUnderWay = true
        commitState.deadline = now.addingSaturating(parts.worker.offsetFlushTimeout)
        receiver.commit(commit, sequence: commitState.sequence)
    }

    /// Lets the partitions go once their commit is answered, or has had its time.
    ///
    /// - Returns: whether they are gone.
    func settleRevocation(_ receiver: any RecordReceiver, _ now: UInt64) -> Bool {
        guard let closing = commitState.closing else { return true }
        if commitState.isUnderWay {
            guard now >= commitState.deadline else { return false }
            commitState.isUnderWay = false
            logCommitFailure(
                ConnectError(.kafkaUnavailable, "The last commit of partitions that go was not answered in time"))
        }
        commitState.closing = nil
        forget(closing)
        receiver.finishRevocation()
        return true
    }

    /// The partitions are gone: nothing of them can be committed.
    func lost(
        _ partitions: [TopicPartition], _ port: any SinkTaskPort, _ receiver: any RecordReceiver
    ) throws(ConnectError) {
        dropLent(receiver, of: partitions)
        forget(partitions)
        if !partitions.isEmpty { try port.close(partitions) }
    }

    func forget(_ partitions: [TopicPartition]) {
        offsets.forget(partitions)
        context.setAssignment(offsets.partitions)
    }

    func logCommitFailure(_ error: ConnectError) {
        Self.log.error(
            "Offsets could not be committed: \(error.message)", logFields + [.errorCode(error.code.rawValue)])
    }

    private func warn(of ignored: SinkOffsets.Ignored) {
        let reason =
            switch ignored.reason {
            case .notYetPut(let current): "it lies beyond what was put (\(current))"
            case .notAssigned: "the partition is not assigned to this task"
            case .notRequested: "this commit is not about that partition"
            }
        Self.log.warning(
            "An offset that the plugin wants to commit is ignored: \(reason)",
            logFields + [
                LogField("partition", ignored.offset.partition.description), LogField("offset", ignored.offset.offset),
            ])
    }
}
