package import ClusterCore
package import ConnectModel

/// What a herder of a cluster works with beyond what every herder does.
package struct ClusterDependencies: Sendable {
    package let configLog: any ClusterLog
    package let statusLog: any ClusterLog
    /// Reads the stored offsets for the first time; the closure is called once with an error or when that is through.
    package let openOffsets: @Sendable (_ done: @escaping @Sendable (ConnectError?) -> Void) -> Void
    package let group: any WorkerGroup
    package let peers: any PeerClient
    package let membership: WorkerMachine.Settings
    package let rotation: SessionKeyRotation
    /// Makes a key for requests between workers, created at that time in milliseconds since 1970.
    package let makeSessionKey: @Sendable (_ now: Int64) throws(ConnectError) -> SessionKey

    /// What a herder of a cluster works with.
    package init(
        configLog: any ClusterLog, statusLog: any ClusterLog,
        openOffsets: @escaping @Sendable (_ done: @escaping @Sendable (ConnectError?) -> Void) -> Void,
        group: any WorkerGroup, peers: any PeerClient, membership: WorkerMachine.Settings,
        rotation: SessionKeyRotation,
        makeSessionKey: @escaping @Sendable (_ now: Int64) throws(ConnectError) -> SessionKey
    ) {
        self.configLog = configLog
        self.statusLog = statusLog
        self.openOffsets = openOffsets
        self.group = group
        self.peers = peers
        self.membership = membership
        self.rotation = rotation
        self.makeSessionKey = makeSessionKey
    }
}
