internal import EventLoop
internal import Synchronization

/// A consumer: a member of a group that shares topics among its members, or a reader of partitions that the application
/// names.
///
/// The loop of its ``KafkaCluster`` fetches, keeps the membership and commits; the application, on one thread at a time
/// (its lane), polls what has come. Heartbeats never wait for the application; but one that owes a poll for
/// `max.poll.interval.ms` loses its partitions. It owes one from the moment something waits for it or was handed to it,
/// until a poll returns nil.
///
/// Every method may be called on any thread, by one at a time, and never blocks. A partition's records come in order
/// and without a gap from the offset of its `.assigned` event, or the latest seek, on.
///
/// Ending: ``close(completion:)``; a consumer that is let go without it leaves its group when its session expires.
public final class Consumer: Sendable {
    private let shared: ConsumerShared
    private let loop: EventLoop
    private let driver: Confined<ConsumerDriver>
    /// `group.id`, nil outside of any group.
    public let groupID: String?

    /// Makes a consumer that does nothing before `subscribe` or `assign`.
    ///
    /// - Parameters:
    ///   - cluster: connections and metadata; consumers with equal cluster and security settings share one.
    ///   - settings: of role `.consumer`.
    ///   - groupID: overrides `group.id`.
    ///   - wake: called when a poll, that would have brought nothing before, now brings something. On the loop or on the
    ///     caller's thread (a resume); must not block.
    /// - Throws: `ClientError.Code.invalidSettings` naming every problem.
    public init(
        cluster: KafkaCluster, settings: ClientSettings, groupID: String? = nil, wake: @escaping @Sendable () -> Void
    ) throws(ClientError) {
        var consumerSettings = try ConsumerSettings(settings)
        if let groupID { consumerSettings.groupID = groupID }
        self.groupID = consumerSettings.groupID
        shared = ConsumerShared(wake: wake)
        loop = cluster.loop
        driver = Confined(
            ConsumerDriver(cluster: cluster, client: settings, settings: consumerSettings, shared: shared),
            to: cluster.loop)
    }

    /// Joins the group for these topics. Replaces an earlier subscription. Needs a group id.
    public func subscribe(topics: [String]) {
        onLoop { $0.subscribe(topics) }
    }

    /// Joins the group for the topics that `matches` accepts, now and as topics come and go.
    ///
    /// - Parameter matches: called on the loop for each topic of the cluster, often: it must be quick and not block.
    public func subscribe(matching matches: @escaping @Sendable (String) -> Bool) {
        onLoop { $0.subscribe(matching: matches) }
    }

    /// Reads partitions without a group's help, each from the given offset; nil: from the committed offset where there is
    /// a group id and a commit, else as `auto.offset.reset` says. Replaces an earlier assignment.
    public func assign(_ partitions: [(partition: TopicPartition, offset: Int64?)]) {
        onLoop { $0.assign(partitions) }
    }

    /// Takes the next thing that waits, nil when there is none. Completions of commits run within.
    ///
    /// - Parameter maxBytes: of records, compressed as they are; a larger batch comes alone and whole.
    public func poll(maxBytes: Int = .max) -> ConsumerEvent? { take(maxBytes, skipsChunks: false, settlesLosses: true) }

    /// As ``poll(maxBytes:)``, but leaves records where they are: for an application that is still at work on others and
    /// must hear of its group and of its commits.
    ///
    /// - Parameter settlesLosses: false where a `.lost` that was polled before was put aside and not dealt with yet. Otherwise the
    ///   call says that it was, and the member may join the next round of its group.
    public func pollEvent(settlesLosses: Bool = true) -> ConsumerEvent? {
        take(.max, skipsChunks: true, settlesLosses: settlesLosses)
    }

    private func take(_ maxBytes: Int, skipsChunks: Bool, settlesLosses: Bool) -> ConsumerEvent? {
        while true {
            let (entry, mustTell) = shared.next(
                maximumBytes: maxBytes, skipsChunks: skipsChunks, settlesLosses: settlesLosses)
            if mustTell { onLoop { $0.applicationPolled() } }
            switch entry {
            case nil: return nil
            case .chunk(let chunk)?: return .records(chunk)
            case .committed(let id, let outcome)?: shared.takeCompletion(id)?(Self.result(outcome))
            case .event(let event)?: return Self.translated(event)
            }
        }
    }

    /// Says that all records of a partition below an offset are done with: what may be committed.
    public func consumed(upTo offset: Int64, _ partition: TopicPartition) {
        shared.consumed(partition, offset)
    }

    /// Commits offsets, each that of the next record to read. Commits are carried out in the order of the calls.
    ///
    /// Refused as a whole, with `.commitFailed`, when a partition is not held (any more) or an offset is beyond what
    /// ``consumed(upTo:_:)`` named; retried while the coordinator moves or the group rebalances, at most for
    /// `default.api.timeout.ms`. `.timedOut` leaves the outcome open.
    ///
    /// - Parameter completion: runs within a later ``poll(maxBytes:)``.
    public func commit(
        _ offsets: [(partition: TopicPartition, offset: Int64)],
        completion: @escaping @Sendable (Result<Void, ClientError>) -> Void
    ) {
        let (id, reported, losses) = shared.beginCommit(completion)
        onLoop { $0.commit(id: id, offsets, reported: reported, losses: losses) }
    }

    /// Lets go of what `.revoking` named; the rest of the group waits for it. Commits given before are awaited first.
    public func finishRevocation() {
        let reported = shared.takeReported()
        onLoop { $0.finishRevocation(reported: reported) }
    }

    /// Holds the records of partitions back, those that were fetched already too, and stops fetching them.
    public func pause(_ partitions: [TopicPartition]) {
        shared.setPaused(true, partitions)
        onLoop { $0.setPaused(true, partitions) }
    }

    /// Ends a pause.
    public func resume(_ partitions: [TopicPartition]) {
        shared.setPaused(false, partitions)
        onLoop { $0.setPaused(false, partitions) }
    }

    /// Goes on with a partition at another offset. Records fetched before no longer come.
    public func seek(_ partition: TopicPartition, to offset: Int64) {
        let losses = shared.beginSeek(partition)
        onLoop { $0.seek(partition, to: offset, losses: losses) }
    }

    /// Ends: nothing more is fetched or polled, commits given before are awaited, the group is left, for at most
    /// `request.timeout.ms` in all.
    ///
    /// - Parameter completion: runs on the loop.
    public func close(completion: @escaping @Sendable () -> Void) {
        let reported = shared.takeReported()
        onLoop { $0.close(reported: reported, completion) }
    }

    private func onLoop(_ job: @escaping @Sendable (ConsumerDriver) -> Void) {
        loop.execute { [driver] in job(driver.value) }
    }

    private static func translated(_ event: ConsumerMachine.Event) -> ConsumerEvent {
        switch event {
        case .assigned(let beginnings): .assigned(beginnings.map { ($0.partition, $0.offset) })
        case .revoking(let ids): .revoking(ids)
        case .lost(let ids): .lost(ids)
        case .failed(let id, let code, let text): .failed(ClientError(consumer: code, text, id), partition: id)
        }
    }

    private static func result(_ outcome: CommitMachine.Outcome) -> Result<Void, ClientError> {
        switch outcome {
        case .committed: .success(())
        case .refused(let code, let text): .failure(ClientError(commit: code, text))
        case .timedOut:
            .failure(ClientError(.timedOut, .retriable, "the commit was not confirmed within default.api.timeout.ms"))
        }
    }
}
