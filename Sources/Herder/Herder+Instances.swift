import ClusterCore
import ConnectModel
import EventLoop
import Logging

// Calls of connector instances, and what came of them.
extension Herder {
    func start(_ number: UInt64, _ entry: ConnectorEntry) {
        let name = entry.name
        if let refusal = entry.refusal, refusal.configuration == machine.connectors[name]?.configuration {
            onLoop { $0.started(name, number, refusal.error, inStart: false) }
            return
        }
        let config = log.connector(name)?.config ?? ConfigMap()
        let instance = ConnectorInstance(name, number: number, pool: dependencies.pool)
        entry.live[number] = .init(instance: instance, className: config["connector.class"])
        entry.startFailure = nil
        begin("starting the connector", number, entry)
        let dependencies = dependencies
        let services = ConnectorServicesHost(
            name, instance: number, offsets: dependencies.offsets, herder: self,
            isWanted: { [weak instance] in instance?.isWanted ?? false })
        entry.live[number]?.services = services
        instance.start { () throws(ConnectError) in
            let (resolved, secrets) = try dependencies.opened(config, for: .connector(name))
            let plugin = try dependencies.catalog.resolve(resolved["connector.class"] ?? "")
            return (try dependencies.catalog.makeConnector(plugin, services: services), resolved, secrets)
        } _: { error, inStart in
            self.onLoop { $0.started(name, number, error, inStart: inStart) }
        }
    }

    private func started(_ name: String, _ number: UInt64, _ error: ConnectError?, inStart: Bool) {
        guard let entry = entries[name] else { return }
        end(number, entry)
        if let error {
            entry.live[number] = nil
            // The cause of a failed `start` stands in the status.
            let answer =
                inStart
                ? ConnectError(
                    .connectorFailed, "Failed to transition connector \(name) to state STARTED", detail: error.trace)
                : ConnectError(error.code, error.message, detail: error.detail, status: 500)
            entry.startFailure = (error, answer)
        }
        feed(connector: name) { $0.started(instance: number, error: error, now: $1) }
    }

    func reconfigure(_ number: UInt64, _ entry: ConnectorEntry) {
        let name = entry.name
        let config = log.connector(name)?.config ?? ConfigMap()
        guard let live = entry.live[number], live.className == config["connector.class"] else {
            // Another class needs another instance.
            onLoop { $0.reconfigured(name, number, .success(false)) }
            return
        }
        begin("reconfiguring the connector \(name)", number, entry)
        let (dependencies, instance) = (dependencies, live.instance)
        instance.call { connector throws(ConnectError) in
            let (resolved, secrets) = try dependencies.opened(config, for: .connector(name))
            instance.hide(secrets)
            return try connector.reconfigure(resolved)
        } _: { result in
            self.onLoop { $0.reconfigured(name, number, result) }
        }
    }

    private func reconfigured(_ name: String, _ number: UInt64, _ result: Result<Bool, ConnectError>) {
        guard let entry = entries[name] else { return }
        end(number, entry)
        feed(connector: name) { $0.reconfigured(instance: number, result, now: $1) }
    }

    func askTaskConfigs(_ number: UInt64, _ entry: ConnectorEntry) {
        let name = entry.name
        guard let live = entry.live[number], let state = log.connector(name), let raw = state.config else {
            let error = ConnectError(.connectorUnknown, "Connector \(name) not found")
            return onLoop { $0.gaveTaskConfigs(name, number, .failure(error)) }
        }
        begin("generating task configs for connector \(name)", number, entry)
        live.services?.requestIsMet()
        let resolve = dependencies.resolve
        let source = TaskConfigSource(
            connector: name, raw: raw, state: state, className: entry.plugin?.className ?? "",
            resolve: { (config) throws(ConnectError) in try resolve(config, nil) })
        live.instance.call { connector throws(ConnectError) in
            try source.ask(connector)
        } _: { result in
            self.onLoop { $0.gaveTaskConfigs(name, number, result) }
        }
    }

    private func gaveTaskConfigs(
        _ name: String, _ number: UInt64, _ result: Result<ConnectorMachine.Given, ConnectError>
    ) {
        guard let entry = entries[name] else { return }
        end(number, entry)
        if case .failure(let error) = result {
            logger.error("No task configurations: \(error)", [.connector(name), .errorCode(error.code.rawValue)])
        }
        feed { $0.gaveTaskConfigs(name, instance: number, result, at: $1) }
    }

    func stop(_ number: UInt64, _ entry: ConnectorEntry) {
        let name = entry.name
        begin("stopping connector \(name)", number, entry)
        entry.live[number]?.instance.stop { error in
            self.onLoop { herder in
                if let error {
                    herder.logger.error(
                        "The connector's stop failed: \(error)", [.connector(name), .errorCode(error.code.rawValue)])
                }
                guard let entry = herder.entries[name] else { return }
                herder.end(number, entry)
                entry.live[number] = nil
                herder.feed(connector: name) { $0.stopped(instance: number, now: $1) }
            }
        }
    }

    func abandon(_ number: UInt64, _ call: ConnectorLifecycle.Call, _ entry: ConnectorEntry) {
        end(number, entry)
        entry.live[number]?.instance.abandon()
        entry.live[number] = nil
        let count = machine.connectors[entry.name]?.lifecycle.abandonedCalls.count ?? 0
        logger.error(
            "The call '\(call.rawValue)' of the connector does not return and is abandoned, \(count) of this connector so far",
            [.connector(entry.name), .taskHungCode])
    }

    // MARK: - What connectors say

    /// A connector wants its task configurations to be asked again. Any thread.
    nonisolated func taskConfigsWanted(by name: String, instance: UInt64) {
        onLoop { herder in
            herder.feed(connector: name) { $0.requestTaskConfigs(instance: instance, now: $1) }
        }
    }

    /// A connector failed outside of a call. Any thread.
    nonisolated func raised(_ error: ConnectError, by name: String, instance: UInt64) {
        onLoop { herder in
            herder.feed(connector: name) { $0.raised(error, instance: instance, now: $1) }
        }
    }

    // MARK: - Calls under way

    private func begin(_ description: String, _ number: UInt64, _ entry: ConnectorEntry) {
        let name = entry.name
        entry.live[number]?.stage = beginStage(description, connector: name)
        entry.live[number]?.slowCall = after(EventLoop.now() &+ settings.slowCallTime) { herder in
            guard let entry = herder.entries[name], entry.live[number]?.slowCall != nil else { return }
            let call = herder.machine.connectors[name]?.lifecycle.callUnderWay?.rawValue ?? ""
            herder.logger.warning("The call '\(call)' of the connector takes long", [.connector(name)])
        }
    }

    private func end(_ number: UInt64, _ entry: ConnectorEntry) {
        guard let live = entry.live[number] else { return }
        endStage(live.stage)
        if let timer = live.slowCall { cancel(timer) }
        entry.live[number]?.stage = nil
        entry.live[number]?.slowCall = nil
    }
}
