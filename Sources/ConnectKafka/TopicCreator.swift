import ConnectConfig
import ConnectModel
import EventLoop
import KafkaClient
import Settings

/// Creates the topics of one source task as `topic.creation.*` says, each before its first record (KIP-158).
///
/// `prepare` is called on the task's lane; everything else runs on the loop, and the state tells the lane how it ended.
///
/// Source: `AbstractWorkerSourceTask.maybeCreateTopic`.
final class TopicCreator: TopicPreparation {
    private let rules: TopicCreation
    private let loop: EventLoop
    private let clusters: Confined<ClusterTable>
    private let settings: ClientSettings
    private let wake: @Sendable () -> Void
    /// Touched on the lane only.
    private var known: Set<String> = []

    init(
        rules: TopicCreation, loop: EventLoop, clusters: Confined<ClusterTable>, settings: ClientSettings,
        wake: @escaping @Sendable () -> Void
    ) {
        self.rules = rules
        self.loop = loop
        self.clusters = clusters
        self.settings = settings
        self.wake = wake
    }

    func prepare(_ topic: String, _ state: TopicPreparationState) {
        guard known.insert(topic).inserted else { return }
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
        let settings = settings
        let wake = wake
        loop.execute { [clusters] in
            let (cluster, use) = clusters.value.use(settings)
            let admin = Admin(cluster: cluster, settings: settings)
            let finish: (Result<Void, ConnectError>) -> Void = { outcome in
                use.end()
                // The administrator lives until its answer has come.
                withExtendedLifetime(admin) { state.finish(outcome) }
                wake()
            }
            admin.describeTopics([topic]) { result in
                if case .success(let topics) = result, topics.contains(where: { $0.name == topic && $0.errorCode == 0 })
                {
                    return finish(.success(()))
                }
                admin.createTopic(wanted) { result in
                    finish(
                        result.map { _ in () }.mapError { error in
                            ConnectError(
                                .kafkaRefused,
                                "Task failed to create new topic \(topic). Ensure that the task is authorized to create "
                                    + "topics or that the topic exists and restart the task: \(error.message)")
                        })
                }
            }
        }
    }
}
