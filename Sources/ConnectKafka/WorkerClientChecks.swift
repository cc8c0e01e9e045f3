import ConnectConfig
import KafkaClient

/// Whether Kafka clients can be made from a worker's configuration: its own, those of its internal topics, and those of
/// connectors that override nothing.
package enum WorkerClientChecks {
    /// What is wrong with the keys of clients, each under the key of the worker's file that says it, no key twice. Every
    /// message begins with that key.
    ///
    /// - Parameters:
    ///   - worker: everything of the worker's configuration, references resolved.
    ///   - isDistributed: whether the worker has internal topics.
    package static func problems(worker: [String: String], isDistributed: Bool) -> [(key: String, message: String)] {
        var found = Findings(worker: worker)
        // Names of connectors and tasks decide client ids only.
        let layers = ClientLayers(worker: worker, groupID: isDistributed ? worker["group.id"] : nil)
        found.add(layers.internalClient("shared-admin"), .admin, prefix: "")
        if isDistributed {
            for topic in WorkerConfig.InternalTopic.allCases {
                let isExactlyOnce = worker["exactly.once.source.support"]?.lowercased() == "enabled"
                let consumer = InternalTopicLayers.consumer(topic, layers: layers, isExactlyOnce: isExactlyOnce)
                found.add(consumer, .consumer, prefix: "")
                found.add(InternalTopicLayers.producer(topic, layers: layers), .producer, prefix: "")
            }
        }
        found.add(layers.sourceProducer("", task: 0, config: [:]), .producer, prefix: "producer.")
        found.add(layers.sinkConsumer("", task: 0, config: [:]), .consumer, prefix: "consumer.")
        found.add(layers.admin(clientID: "", config: [:]), .admin, prefix: "admin.")
        return found.problems
    }

    private struct Findings {
        let worker: [String: String]
        private(set) var problems: [(key: String, message: String)] = []
        private var keys: Set<String> = []

        init(worker: [String: String]) { self.worker = worker }

        mutating func add(_ settings: [String: String], _ role: ClientSettings.Role, prefix: String) {
            for problem in ClientSettings.problems(in: settings, role: role) {
                // What no key of this kind of client says was said by the worker's own.
                let own = prefix + problem.key
                let key = worker[own] == nil && worker[problem.key] != nil ? problem.key : own
                guard keys.insert(key).inserted else { continue }
                problems.append((key, key + problem.message.dropFirst(problem.key.count)))
            }
        }
    }
}
