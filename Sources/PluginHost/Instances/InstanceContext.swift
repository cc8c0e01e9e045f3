import ConnectABI
import ConnectModel
import Logging
import Synchronization

/// What stands behind a plugin's `kc_context`: who the instance is, and what its host does for it.
///
/// The plugin holds it until `destroy` has returned, so it is retained by hand from ``retained()`` to ``release()``; that of an
/// abandoned instance stays for ever. Memory that it hands to the plugin is the host's until the plugin's function returns,
/// which is when the next call begins.
final class InstanceContext: @unchecked Sendable {
    // Guard of the unchecked conformance: `memory` and `lastPut` are touched in serial calls of the instance only, all else is constant.

    /// Whose services these are.
    enum Services {
        case connector(any ConnectorServices)
        case source(any SourceTaskServices)
        case sink(any SinkTaskServices)
    }

    let services: Services
    let log: Logger
    let fields: [LogField]
    let memory = CMemory()
    /// The batch that `put` was given last, and how many records it has: what the plugin says of it is not believed.
    var lastPut: (batch: UnsafePointer<kc_batch>, count: Int)?
    private let call = Atomic<UInt8>(0)

    init(_ services: Services, plugin: PluginDescription) {
        self.services = services
        log = Logger(plugin.className)
        switch services {
        case .connector(let services): fields = [.connector(services.connectorName)]
        case .source(let services):
            fields = [.connector(services.task.connector), .task(services.task.description)]
        case .sink(let services):
            fields = [.connector(services.task.connector), .task(services.task.description)]
        }
    }

    /// The pointer that the plugin gets; kept alive until ``release()``.
    func retained() -> OpaquePointer { OpaquePointer(Unmanaged.passRetained(self).toOpaque()) }

    /// The plugin has let go of it.
    func release() { Unmanaged.passUnretained(self).release() }

    static func of(_ pointer: OpaquePointer?) -> InstanceContext? {
        pointer.map { Unmanaged<InstanceContext>.fromOpaque(UnsafeRawPointer($0)).takeUnretainedValue() }
    }

    // MARK: - Calls

    /// The calls that can be named when one does not return.
    enum Call: UInt8 {
        case none, create, start, taskConfigs, reconfigure, validate, alterOffsets, stop, poll, commit, acknowledged,
            open
        case put, flush, preCommit, close, destroy, release

        var name: String? {
            switch self {
            case .none: return nil
            case .taskConfigs: return "task_configs"
            case .alterOffsets: return "alter_offsets"
            case .preCommit: return "pre_commit"
            case .release: return "release_batch"
            case .create, .start, .reconfigure, .validate, .stop, .poll, .commit, .acknowledged, .open, .put, .flush,
                .close, .destroy:
                return "\(self)"
            }
        }
    }

    /// Marks a call as under way for the length of `body`.
    @inline(__always)
    func during<Answer>(_ call: Call, _ body: () -> Answer) -> Answer {
        self.call.store(call.rawValue, ordering: .relaxed)
        defer { self.call.store(0, ordering: .relaxed) }
        return body()
    }

    var callUnderWay: String? { Call(rawValue: call.load(ordering: .relaxed))?.name }
}
