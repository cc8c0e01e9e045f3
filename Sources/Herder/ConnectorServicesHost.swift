import ConnectModel
import Logging
import Synchronization

/// What a connector's instance may ask of the worker, from any thread.
final class ConnectorServicesHost: ConnectorServices {
    let connectorName: String
    private let instance: UInt64
    private let offsets: any OffsetStore
    /// Not held: the plugin's side keeps these services as long as it likes.
    private weak let herder: Herder?
    /// Whether what the instance does is not to come to its end; nil for one that is borrowed for one call.
    private let isWanted: (@Sendable () -> Bool)?
    private let hasRequested = Atomic<Bool>(false)

    init(
        _ connectorName: String, instance: UInt64, offsets: any OffsetStore, herder: Herder?,
        isWanted: (@Sendable () -> Bool)? = nil
    ) {
        self.connectorName = connectorName
        self.instance = instance
        self.offsets = offsets
        self.herder = herder
        self.isWanted = isWanted
    }

    /// One request at a time: those that come while it waits say nothing new.
    func requestTaskReconfiguration() {
        guard let herder, !hasRequested.exchange(true, ordering: .acquiringAndReleasing) else { return }
        herder.taskConfigsWanted(by: connectorName, instance: instance)
    }

    /// Task configurations are asked for now: a request from here on is another one.
    func requestIsMet() { hasRequested.store(false, ordering: .releasing) }

    func raiseError(_ error: ConnectError) {
        // At once: when the herder comes to it the instance may be gone, and its secrets be known no more.
        herder?.raised(error.telling(LogSystem.redactor.redact), by: connectorName, instance: instance)
    }

    func storedOffsets(for partitions: [[UInt8]]) throws(ConnectError) -> [[UInt8]?] {
        try offsets.read(connector: connectorName, partitions: partitions, isWanted: isWanted)
    }
}
