import EventLoop
import KafkaClient
import Synchronization

/// The clusters in use, by what distinguishes them. Confined to the loop.
///
/// A connector's cluster is closed when nobody has used it for a while: each set of settings that was ever tried would keep its
/// connections else, and one that cannot be reached would be tried for ever. The while is for connectors that are restarted.
final class ClusterTable {
    private struct Entry {
        let cluster: KafkaCluster
        var users = 0
        /// Ends the cluster; nil while it has users.
        var timer: TimerID?
    }

    private let loop: EventLoop
    private let pool: BlockingPool
    private let gate: SessionGate?
    private let grace: UInt64
    private var entries: [ClusterKey: Entry] = [:]

    /// - Parameters:
    ///   - gate: of all clusters; nil where writing needs no session.
    ///   - grace: how long a cluster without users stays, in nanoseconds.
    init(loop: EventLoop, pool: BlockingPool, gate: SessionGate? = nil, grace: UInt64 = 60_000_000_000) {
        self.loop = loop
        self.pool = pool
        self.gate = gate
        self.grace = grace
    }

    /// How many clusters there are.
    var count: Int { entries.count }

    /// The cluster for a connector's client, which stays at least until the use has ended.
    func use(_ settings: ClientSettings) -> (cluster: KafkaCluster, use: ClusterUse) {
        let key = ClusterKey(settings, isWorkers: false)
        var entry = entry(key, settings)
        entry.users += 1
        if let timer = entry.timer { loop.cancel(timer) }
        entry.timer = nil
        entries[key] = entry
        let table = Confined(self, to: loop)
        let use = ClusterUse { [loop] in
            loop.execute { table.value.useEnded(key) }
        }
        return (entry.cluster, use)
    }

    /// That of the worker's own clients, which stays.
    func workersCluster(for settings: ClientSettings) -> KafkaCluster {
        entry(ClusterKey(settings, isWorkers: true), settings).cluster
    }

    private func entry(_ key: ClusterKey, _ settings: ClientSettings) -> Entry {
        if let known = entries[key] { return known }
        let entry = Entry(cluster: KafkaCluster(settings: settings, loop: loop, pool: pool, gate: gate))
        entries[key] = entry
        return entry
    }

    private func useEnded(_ key: ClusterKey) {
        guard var entry = entries[key] else { return }
        entry.users -= 1
        if entry.users == 0 {
            let (due, overflow) = EventLoop.now().addingReportingOverflow(grace)
            entry.timer = loop.schedule(at: overflow ? .max : due) { [weak self] in self?.graceEnded(key) }
        }
        entries[key] = entry
    }

    private func graceEnded(_ key: ClusterKey) {
        guard let entry = entries[key], entry.users == 0 else { return }
        entries[key] = nil
        entry.cluster.close()
    }

    func close() {
        let old = entries.values
        entries = [:]
        for entry in old {
            if let timer = entry.timer { loop.cancel(timer) }
            entry.cluster.close()
        }
    }
}

/// That somebody uses a cluster. Ended once, by ``end()`` or by being let go. Any thread.
final class ClusterUse: Sendable {
    private let isEnded = Atomic<Bool>(false)
    private let whenEnded: @Sendable () -> Void

    init(whenEnded: @escaping @Sendable () -> Void) {
        self.whenEnded = whenEnded
    }

    deinit { end() }

    func end() {
        guard !isEnded.exchange(true, ordering: .relaxed) else { return }
        whenEnded()
    }
}
