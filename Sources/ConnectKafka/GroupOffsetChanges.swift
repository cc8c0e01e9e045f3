import ConnectModel
import KafkaClient

/// Changes committed offsets of a sink connector's group: first those that are set, then those that are deleted.
///
/// Confined to the loop; lives until the last answer.
final class GroupOffsetChanges {
    private let admin: Admin
    private let group: String
    private let settings: [GroupOffset]
    private let deletions: [KafkaClient.TopicPartition]

    init(admin: Admin, group: String, changes: [GroupOffsetChange]) {
        self.admin = admin
        self.group = group
        settings = changes.compactMap { change in
            change.offset.map { GroupOffset(Self.client(change.partition), offset: $0) }
        }
        deletions = changes.filter { $0.offset == nil }.map { Self.client($0.partition) }
    }

    func run(_ done: @escaping (ClientError?) -> Void) {
        guard !settings.isEmpty else { return delete(done) }
        admin.alterGroupOffsets(group: group, settings) { [self] result in
            if case .failure(let error) = result { return done(error) }
            delete(done)
        }
    }

    private func delete(_ done: @escaping (ClientError?) -> Void) {
        guard !deletions.isEmpty else { return done(nil) }
        admin.deleteGroupOffsets(group: group, deletions) { [self] result in
            withExtendedLifetime(self) {
                if case .failure(let error) = result { done(error) } else { done(nil) }
            }
        }
    }

    private static func client(_ partition: ConnectModel.TopicPartition) -> KafkaClient.TopicPartition {
        KafkaClient.TopicPartition(partition.topic, partition.partition)
    }
}
