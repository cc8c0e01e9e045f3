import ConnectConfig
import ConnectModel
import EventLoop
import KafkaClient
import Logging
import Settings
import Synchronization

/// Creates the topics of one source task as `topic.creation.*` says, each before its first record (KIP-158).
///
/// `prepare` is called on the task's lane; everything else runs on the loop, and the state tells the lane how it ended. A topic
/// that was there and is deleted, or lost with all of a broker's data, is made again the same way: the broker does not, since it is
/// never asked in a way that would have it create topics in its own shape.
///
/// Source: `AbstractWorkerSourceTask.maybeCreateTopic`.
final class TopicCreator: TopicPreparation {
    private let rules: TopicCreation
    private let loop: EventLoop
    private let clusters: Confined<ClusterTable>
    private let settings: ClientSettings
    private let wake: @Sendable () -> Void
    private let ending = Ending()
    private let prepared: Confined<Prepared>
    private static let log = Logger("connect.kafka.topics")
    /// Touched on the lane only.
    private(set) var known: Set<ExactText> = []

    /// Whether the task has gone.
    private final class Ending: Sendable {
        let isClosed = Atomic<Bool>(false)
    }

    /// What was searched for, by name: confined to the loop.
    final class Prepared {
        struct Entry {
            let wanted: NewTopic
            let state: TopicPreparationState
            var isSearching = true
            var isFound = false
            /// What the last search that found nothing said, once it was logged.
            var failure: String?
        }

        var entries: [ExactText: Entry] = [:]

        /// A topic that was there once fails no task: an administrator, or a broker that starts, may bring it back, and its
        /// records wait.
        func ended(_ name: ExactText, _ outcome: Result<Void, ConnectError>) {
            guard var entry = entries[name] else { return }
            entry.isSearching = false
            switch outcome {
            case .failure(let error) where entry.isFound:
                if entry.failure != error.message {
                    TopicCreator.log.warning(
                        "A topic that is gone is not made again, and its records wait: \(error.message)",
                        [LogField("topic", entry.wanted.name)])
                }
                entry.failure = error.message
            case .failure: entry.state.finish(outcome)
            case .success:
                entry.isFound = true
                entry.failure = nil
                entry.state.finish(outcome)
            }
            entries[name] = entry
        }
    }

    init(
        rules: TopicCreation, loop: EventLoop, clusters: Confined<ClusterTable>, settings: ClientSettings,
        wake: @escaping @Sendable () -> Void
    ) {
        self.rules = rules
        self.loop = loop
        self.clusters = clusters
        self.settings = settings
        self.wake = wake
        prepared = Confined(Prepared(), to: loop)
    }

    func prepare(_ topic: String, _ state: TopicPreparationState) {
        guard known.insert(ExactText(topic)).inserted else { return }
        let wanted: NewTopic
        do throws(PatternError) {
            let group = try rules.group(for: topic)
            wanted = NewTopic(
                name: topic, partitionCount: Int32(truncatingIfNeeded: group.partitions),
                replicationFactor: Int16(truncatingIfNeeded: group.replicationFactor),
                configs: group.settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        } catch {
            return state.finish(.failure(ConnectError(.configInvalid, error.description)))
        }
        let entry = Prepared.Entry(wanted: wanted, state: state)
        loop.execute { [search] in search(entry) }
    }

    /// Looks for the topic again, which the cluster said it does not have (any more). On the loop.
    var topicIsMissing: @Sendable (String) -> Void {
        { [prepared, search] topic in
            guard let entry = prepared.value.entries[ExactText(topic)], entry.isFound, !entry.isSearching else {
                return
            }
            search(entry)
        }
    }

    /// Finds or creates a topic, tells the task how it ended, and wakes it. On the loop.
    private var search: @Sendable (Prepared.Entry) -> Void {
        { [clusters, loop, ending, prepared, settings, wake] entry in
            let name = ExactText(entry.wanted.name)
            prepared.value.entries[name] = entry
            prepared.value.entries[name]?.isSearching = true
            let (cluster, use) = clusters.value.use(settings)
            let pause = max(settings.retryBackoff.initial, 100_000_000)
            let search = TopicSearch(
                entry.wanted, admin: Admin(cluster: cluster, settings: settings),
                later: { loop.schedule(at: EventLoop.now() &+ pause, $0) },
                isAbandoned: { ending.isClosed.load(ordering: .relaxed) })
            search.run { outcome in
                use.end()
                prepared.value.ended(name, outcome)
                wake()
            }
        }
    }

    var closer: @Sendable () -> Void {
        { [ending] in ending.isClosed.store(true, ordering: .relaxed) }
    }
}
