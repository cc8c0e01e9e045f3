import ClusterCore
import ConnectModel
import EventLoop
import Logging

// Steps of a connector's life, carried out.
extension Herder {
    func execute(_ action: ConnectorLifecycle.Action, _ entry: ConnectorEntry) {
        switch action {
        case .start(let instance): start(instance, entry)
        case .reconfigure(let instance): reconfigure(instance, entry)
        case .askTaskConfigs(let instance): askTaskConfigs(instance, entry)
        case .stop(let instance): stop(instance, entry)
        case .interrupt(let instance): entry.live[instance]?.instance.interrupt()
        case .abandon(let instance, let call): abandon(instance, call, entry)
        case .wakeUp(let instance, let at):
            let name = entry.name
            _ = after(at) { herder in
                herder.feed(connector: name) { $0.timeIsUp(instance: instance, now: $1) }
            }
        case .status(let state, let error):
            if let error {
                logger.error(
                    "The connector failed: \(error.trace)", [.connector(entry.name), .errorCode(error.code.rawValue)])
            } else {
                logger.info("The connector is \(state.rawValue)", [.connector(entry.name)])
            }
        case .settled(let revision, let error): entry.settled = (revision, error)
        case .publish, .ended: break
        }
    }
}
