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
    /// Since when the plugin has answered nothing but "not yet"; nil where it has not.
    var putOffSince: UInt64?
    /// When the plugin was asked last and answered "not yet".
    var putOffAt: UInt64 = 0
    /// When the next `put` without records is due: at every interval, whenever commits are.
    var nextEmptyPut: UInt64 = .max
    /// The partitions that go once the commit under way is answered.
    var closing: [TopicPartition]?

    /// When something has to be looked at.
    ///
    /// Not the next commit while one is under way: it could not begin, and the task would look again and again.
    var nextDeadline: UInt64 { min(isUnderWay ? deadline : nextCommit, nextEmptyPut) }
}

extension SinkTaskRunner {
    /// How soon a plugin that puts a commit off is asked again at the soonest, whatever it wants. Nanoseconds.
    private static let shortestCommitDelay: UInt64 = 10_000_000

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
        if now >= commitState.nextEmptyPut {
            emptyPutIsDue()
            commitState.nextEmptyPut = now.addingSaturating(parts.worker.offsetFlushInterval)
        }
        guard !commitState.isUnderWay else { return false }
        guard context.isCommitRequested || now >= commitState.nextCommit else { return false }
        commitState.nextCommit = now.addingSaturating(parts.worker.offsetFlushInterval)
        context.commitBegins()
        let candidates = offsets.candidates()
        guard !candidates.isEmpty else {
            commitState.putOffSince = nil
            return false
        }
        commitState.sequence += 1
        do throws(ConnectError) {
            switch try port.preCommit(candidates) {
            case .safe(let answer):
                commitState.putOffSince = nil
                send(answer, of: candidates, receiver, now)
            case .notYet(let hint):
                putOffCommit(hint, now)
            }
        } catch {
            commitState.putOffSince = nil
            Self.log.error(
                "The plugin failed to prepare a commit; its records are read again from the last committed offsets: "
                    + error.message, logFields + [.errorCode(error.code.rawValue)])
            // Whatever is lent lies before the new positions' records only by chance: it comes again.
            dropLent(receiver)
            receiver.seek(offsets.rewind())
        }
        return true
    }

    /// Nothing failed: what was put stays where it is, and the plugin is asked again when it wants that, else at the next interval.
    private func putOffCommit(_ hint: UInt64, _ now: UInt64) {
        let end = EventLoop.now()
        commitState.putOffAt = end
        if hint > 0 { commitState.nextCommit = end.addingSaturating(max(hint, Self.shortestCommitDelay)) }
        let since = commitState.putOffSince ?? now
        commitState.putOffSince = since
        guard now - since >= parts.worker.offsetFlushInterval else { return }
        Self.log.log(
            .warn, limitedBy: &warnings, kind: "commit", now: now,
            "The plugin has put off every commit for \((now - since) / 1_000_000) ms; what was put since the last one would come again",
            logFields)
    }

    /// The plugin has called `wake`, which ends a wait that it asked for.
    func wakeCommit(_ now: UInt64) {
        guard commitState.putOffSince != nil else { return }
        let soonest = max(now, commitState.putOffAt.addingSaturating(Self.shortestCommitDelay))
        commitState.nextCommit = min(commitState.nextCommit, soonest)
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
                switch try port.preCommit(candidates) {
                case .safe(let safe): answer = safe
                case .notYet:
                    Self.log.warning(
                        "The plugin puts off the last commit of partitions that go: their records may come again",
                        logFields)
                }
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
