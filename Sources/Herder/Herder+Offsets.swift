import ClusterCore
import ConnectModel
import EventLoop
import Synchronization

// Offsets of connectors, read and changed by request (KIP-875).
extension Herder {
    /// Requests that may read one connector's offsets, or wait for that, at the same time.
    static let maximumOffsetReads = 32

    func readOffsets(_ name: String, _ reply: @escaping ReplyHandler) {
        guard let entry = known(name), let config = log.connector(name)?.config else {
            return refuse(reply, .connectorUnknown, "Connector \(name) not found")
        }
        let reads = offsetReads[name] ?? 0
        guard reads < Self.maximumOffsetReads else {
            return refuse(
                reply, .requestConflict, "\(reads) requests for the offsets of connector \(name) have no answer yet")
        }
        offsetReads[name] = reads + 1
        let finish: @Sendable (Result<[OffsetChange], ConnectError>) -> Void = { result in
            self.onLoop { herder in
                herder.offsetReads[name] = herder.offsetReads[name].flatMap { $0 > 1 ? $0 - 1 : nil }
                herder.answer(reply, result.map { .offsets($0) })
            }
        }
        let dependencies = dependencies
        let kind = entry.kind
        entry.offsetsLane.submit {
            guard kind == .sink else {
                return finish(Result { () throws(ConnectError) in try dependencies.offsets.readAll(connector: name) })
            }
            Self.groupOffsets(name, config, dependencies, finish)
        }
    }

    func alterOffsets(_ name: String, _ entries: [OffsetRequest], _ reply: @escaping ReplyHandler) {
        guard !entries.isEmpty else {
            return refuse(
                reply, .requestMalformed, "Partitions / offsets need to be provided for an alter offsets request")
        }
        whenStopped(name, reply) { herder, entry, change throws(ConnectError) in
            if entry.kind == .sink {
                let changes = try OffsetRequestPlan.sink(entries)
                herder.changeGroup(change, .success(changes), verb: "altered") { kafka, config, done in
                    kafka.alterGroupOffsets(name, config: config, changes, done)
                }
            } else {
                let changes = try OffsetRequestPlan.source(entries)
                herder.changeStored(change, verb: "altered") { _ in changes }
            }
        }
    }

    func resetOffsets(_ name: String, _ reply: @escaping ReplyHandler) {
        whenStopped(name, reply) { herder, entry, change throws(ConnectError) in
            if entry.kind == .sink {
                herder.resetGroup(change)
            } else {
                herder.changeStored(change, verb: "reset") { offsets throws(ConnectError) in
                    try offsets.readAll(connector: name).map { OffsetChange(partition: $0.partition, offset: nil) }
                }
            }
        }
    }

    // MARK: - Changing

    /// A change of offsets under way, answered exactly once.
    private struct OffsetsChange: Sendable {
        let name: String
        let config: ConfigMap
        let plugin: PluginDescription
        let stage: StageBook.Token
        let reply: ReplyHandler
    }

    /// How often a change that waits looks whether all tasks have ended. Nanoseconds.
    private static let interval: UInt64 = 20_000_000

    private typealias OffsetsBody =
        @Sendable (isolated Herder, ConnectorEntry, OffsetsChange) throws(ConnectError) -> Void

    /// Runs a change when the connector is STOPPED and its tasks have ended, wherever they ran: else what they still flush
    /// would come behind it.
    private func whenStopped(_ name: String, _ reply: @escaping ReplyHandler, _ body: @escaping OffsetsBody) {
        let deadline = EventLoop.now() &+ settings.offsetsTime
        guard let cluster else { return whenStopped(name, reply, until: deadline, body) }
        // Somebody may have resumed it.
        cluster.parts.configLog.readToEnd(afterOwnWrites: false) { error in
            self.onLoop { herder in
                if let error { return herder.answer(reply, .failure(error)) }
                herder.whenStopped(name, reply, until: deadline, body)
            }
        }
    }

    private func whenStopped(
        _ name: String, _ reply: @escaping ReplyHandler, until deadline: UInt64, _ body: @escaping OffsetsBody
    ) {
        if let member = machine.member, member.isSettled, !member.isLeader {
            return answer(reply, .success(.elsewhere(url: member.leaderURL)))
        }
        guard let entry = known(name), let state = log.connector(name), let config = state.config else {
            return refuse(reply, .connectorUnknown, "Connector \(name) not found")
        }
        guard state.targetState == .stopped, state.taskConfigs.isEmpty else {
            return refuse(
                reply, .connectorNotStopped,
                "Connectors must be in the STOPPED state before their offsets can be modified. This can be done for the "
                    + "specified connector by issuing a 'PUT' request to the '/connectors/\(name)/stop' endpoint")
        }
        guard machine.haveTasksEnded(of: name) else {
            guard EventLoop.now() < deadline else {
                return refuse(
                    reply, .requestConflict, "Connector \(name) is still stopping; try again once that is through")
            }
            _ = after(EventLoop.now() &+ Self.interval) { herder in
                herder.whenStopped(name, reply, until: deadline, body)
            }
            return
        }
        guard let plugin = entry.plugin else {
            return refuse(reply, .configUnknownClass, "The class of connector \(name) cannot be found", status: 500)
        }
        let stage = beginStage("modifying offsets for connector \(name)", connector: name)
        let change = OffsetsChange(name: name, config: config, plugin: plugin, stage: stage, reply: reply)
        do {
            try body(self, entry, change)
        } catch {
            endStage(stage)
            answer(reply, .failure(error))
        }
    }

    /// A source's offsets: the connector is asked, then the store is changed.
    private func changeStored(
        _ change: OffsetsChange, verb: String,
        _ list: @escaping @Sendable (any OffsetStore) throws(ConnectError) -> [OffsetChange]
    ) {
        let offsets = dependencies.offsets
        askConnector(change) { connector, config throws(ConnectError) in
            let changes = try list(offsets)
            return (changes, try Self.ask(connector, config, changes))
        } _: { herder, _, answer throws(ConnectError) in
            let (changes, isHandled) = answer
            let message = try Self.message(isHandled, verb, change.name)
            guard !changes.isEmpty else { return herder.finish(change, .success(.message(message))) }
            offsets.write(connector: change.name, changes) { error in
                herder.onLoop { $0.finish(change, Self.result(error, message)) }
            }
        }
    }

    /// A sink's offsets: the connector is asked, then the group's commits are changed.
    private func changeGroup(
        _ change: OffsetsChange, _ changes: Result<[GroupOffsetChange], ConnectError>, verb: String,
        _ body: @escaping @Sendable (any KafkaPorts, ConfigMap, @escaping @Sendable (ConnectError?) -> Void) -> Void
    ) {
        let kafka = dependencies.kafka
        askConnector(change) { connector, config throws(ConnectError) in
            let shown = try changes.get().map { OffsetRequestPlan.change($0.partition, $0.offset) }
            return try Self.ask(connector, config, shown)
        } _: { herder, config, isHandled throws(ConnectError) in
            let message = try Self.message(isHandled, verb, change.name)
            body(kafka, config) { error in
                herder.onLoop { $0.finish(change, Self.result(error, message)) }
            }
        }
    }

    private func resetGroup(_ change: OffsetsChange) {
        let dependencies = dependencies
        entries[change.name]?.lane.submit {
            let resolved = Result { () throws(ConnectError) in try dependencies.resolve(change.config, nil) }
            guard case .success(let config) = resolved else {
                return self.onLoop { $0.finish(change, resolved.map { _ in .done }) }
            }
            dependencies.kafka.groupOffsets(change.name, config: config) { result in
                let changes = result.map { $0.map { GroupOffsetChange($0.partition, nil) } }
                self.onLoop { herder in
                    herder.changeGroup(change, changes, verb: "reset") { kafka, config, done in
                        kafka.deleteGroup(change.name, config: config, done)
                    }
                }
            }
        }
    }

    /// Makes an instance for one call, as Apache's worker does, with the time of a request at most.
    private func askConnector<Answer: Sendable>(
        _ change: OffsetsChange,
        _ ask: @escaping @Sendable (any ConnectorPort, ConfigMap) throws(ConnectError) -> Answer,
        _ then: @escaping @Sendable (isolated Herder, ConfigMap, Answer) throws(ConnectError) -> Void
    ) {
        let name = change.name
        let instance = ConnectorInstance(name, number: 0, pool: dependencies.pool)
        let once = Once()
        let timer = after(EventLoop.now() &+ settings.requestTime) { herder in
            guard once.take() else { return }
            instance.interrupt()
            instance.abandon()
            herder.finish(
                change,
                .failure(
                    ConnectError(
                        .requestTimedOut,
                        "Timed out while calling the 'alterOffsets' method for \(change.plugin.kind.rawValue) connector "
                            + name)))
        }
        let dependencies = dependencies
        let services = ConnectorServicesHost(name, instance: 0, offsets: dependencies.offsets, herder: nil)
        instance.borrow { () throws(ConnectError) in
            let (resolved, secrets) = try dependencies.opened(change.config, for: nil)
            return (try dependencies.catalog.makeConnector(change.plugin, services: services), resolved, secrets)
        } _: { connector, config throws(ConnectError) in
            (config, try ask(connector, config))
        } _: { result in
            self.onLoop { herder in
                guard once.take() else { return }
                herder.cancel(timer)
                do throws(ConnectError) {
                    let (config, answer) = try result.get()
                    try then(herder, config, answer)
                } catch {
                    herder.finish(change, .failure(error))
                }
            }
        }
    }

    private func finish(_ change: OffsetsChange, _ result: Result<Reply, ConnectError>) {
        endStage(change.stage)
        answer(change.reply, result)
    }

    /// What a connector has against an offset is the client's mistake.
    private static func ask(
        _ connector: any ConnectorPort, _ config: ConfigMap, _ changes: [OffsetChange]
    ) throws(ConnectError) -> Bool? {
        do throws(ConnectError) {
            return try connector.alterOffsets(config, changes)
        } catch {
            let status = error.code == .pluginFailed ? 400 : nil
            throw ConnectError(error.code, error.message, detail: error.detail, status: status)
        }
    }

    private static func result(_ error: ConnectError?, _ message: String) -> Result<Reply, ConnectError> {
        error.map { .failure($0) } ?? .success(.message(message))
    }

    private static func message(_ isHandled: Bool?, _ verb: String, _ name: String) throws(ConnectError) -> String {
        switch isHandled {
        case true?: return "The offsets for this connector have been \(verb) successfully"
        case false?:
            return
                "The Connect framework-managed offsets for this connector have been \(verb) successfully. However, if "
                + "this connector manages offsets externally, they will need to be manually \(verb) in the system that "
                + "the connector uses."
        case nil:
            throw ConnectError(
                .connectorFailed,
                "Failed to modify offsets for connector \(name) because it doesn't support external modification of offsets"
            )
        }
    }

    private static func groupOffsets(
        _ name: String, _ config: ConfigMap, _ dependencies: HerderDependencies,
        _ done: @escaping @Sendable (Result<[OffsetChange], ConnectError>) -> Void
    ) {
        let resolved: ConfigMap
        do {
            resolved = try dependencies.resolve(config, nil)
        } catch {
            return done(.failure(error))
        }
        dependencies.kafka.groupOffsets(name, config: resolved) { result in
            done(result.map { $0.map { OffsetRequestPlan.change($0.partition, $0.offset) } })
        }
    }
}
