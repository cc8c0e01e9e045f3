import ClusterCore
import ConnectConfig
import ConnectKafka
import ConnectModel
import Herder
import Logging
import RESTAPI

/// What a distributed worker has beyond a standalone one, put together: the three internal topics, the group, and the way to
/// the other workers.
struct ClusterParts {
    let dependencies: ClusterDependencies
    /// The topic of offsets, in the place of a file.
    let offsets: any OffsetStore

    /// - Parameters:
    ///   - advertised: how other workers reach this one.
    ///   - sender: sends requests to them.
    /// - Throws: what is wrong with the worker's configuration.
    init(
        _ config: WorkerConfig, kafka: KafkaConnections, advertised: AdvertisedAddress, sender: PeerRequests
    ) throws(ConnectError) {
        let topic = try kafka.makeOffsetStore()
        offsets = topic
        let algorithm = config.keyGenerationAlgorithm
        let size = config.keySize
        let byteCount = try SessionKeys.byteCount(algorithm: algorithm, size: size)
        guard config.verificationAlgorithms.contains(config.signatureAlgorithm) else {
            throw ConnectError(
                .configInvalid,
                "inter.worker.signature.algorithm: \(config.signatureAlgorithm) must be among "
                    + "inter.worker.verification.algorithms, which are \(config.verificationAlgorithms.joined(separator: ","))"
            )
        }
        let url = advertised.url
        if advertised.isLoopback {
            Logger("connect.cluster").warning(
                "Other workers are told to find this one at \(url), which is their own host to them: where they run on other "
                    + "hosts, set listeners or rest.advertised.host.name to an address that they reach")
        }
        let membership = WorkerMachine.Settings(
            url: url.hasSuffix("/") ? url : url + "/",
            mode: ConnectProtocolMode(rawValue: config.connectProtocol) ?? .sessioned,
            maximumDelay: Int32(clamping: config.scheduledRebalanceMaxDelayMs),
            syncTimeout: UInt64(max(config.workerSyncTimeoutMs, 1)) * 1_000_000,
            unsyncBackoff: UInt64(max(config.workerUnsyncBackoffMs, 1)) * 1_000_000,
            sessionTimeout: UInt64(max(config.sessionTimeoutMs, 1)) * 1_000_000)
        dependencies = ClusterDependencies(
            configLog: try kafka.makeConfigLog(), statusLog: try kafka.makeStatusLog(),
            openOffsets: { topic.start($0) }, group: try kafka.makeWorkerGroup(workerID: advertised.workerID),
            peers: RESTPeerClient(sender: sender, signatureAlgorithm: config.signatureAlgorithm),
            membership: membership,
            rotation: SessionKeyRotation(
                algorithm: algorithm, size: byteCount, lifetime: Int64(max(config.keyTTLMs, 0))),
            makeSessionKey: { (now) throws(ConnectError) in
                try SessionKeys.make(algorithm: algorithm, size: size, now: now)
            })
    }
}
