import ClusterCore
import ConnectModel
import EventLoop
import Logging

// From a submitted configuration to the config log.
extension Herder {
    /// Checks that may be under way, or hang, at the same time.
    private static let maximumValidations = 96
    /// The same for one class: one that hangs must not keep others from being checked.
    private static let maximumValidationsOfClass = 48

    /// Takes a change into its connector's queue.
    func enqueue(_ change: ConfigChange) {
        let queue = changes[change.name] ?? ConfigChangeQueue()
        changes[change.name] = queue
        queue.add(change)
        startNextChange(of: change.name)
    }

    /// Starts the next change of a connector, unless one is under way or the last life of that name has not ended yet.
    func startNextChange(of name: String) {
        guard let queue = changes[name], queue.running == nil, machine.connectors[name]?.isEnding != true else {
            return
        }
        guard let change = queue.next() else {
            changes[name] = nil
            return
        }
        start(change)
    }

    /// Answers a change with an error, or has done with it, and goes on with the next. Does nothing once the end of the
    /// worker has answered it.
    private func finish(_ change: ConfigChange, _ error: ConnectError? = nil) {
        guard let queue = changes[change.name], queue.running != nil else { return }
        if let error { answer(change.reply, .failure(error)) }
        queue.finish()
        // In a turn of its own: a long queue of changes that fail at once would otherwise be as deep on the stack.
        onLoop { $0.startNextChange(of: change.name) }
    }

    private func start(_ change: ConfigChange) {
        switch change.kind {
        case .create(let config, _), .put(let config): check(config, for: change)
        case .patch(let patch):
            guard var config = log.connector(change.name)?.config else {
                return finish(change, ConnectError(.connectorUnknown, "Connector \(change.name) not found"))
            }
            config.remove(Set(patch.entries.lazy.filter { $0.value == nil }.map(\.key)))
            for entry in patch.entries where entry.value != nil { config.set(entry.key, entry.value) }
            check(config, for: change)
        case .fail(let config, let error):
            guard log.connector(change.name) == nil || isRefused(change.name) else {
                return finish(change, exists(change.name))
            }
            let entry = self.entry(for: change.name)
            entry.refusal = ((machine.connectors[change.name]?.configuration ?? 0) + 1, error)
            // Only to show what it is: an unknown class leaves it unknown.
            let plugin = try? catalog.resolve(config["connector.class"] ?? "")
            store(config, plugin, nil, change)
        }
    }

    private func check(_ config: ConfigMap, for change: ConfigChange) {
        check(config, name: change.name) { herder, result in
            guard herder.shutdown == nil, herder.changes[change.name]?.running != nil else {
                return herder.finish(change, ConnectError(.workerStopping, "The worker is shutting down"))
            }
            switch result {
            case .failure(let error): herder.finish(change, error)
            case .success(let checked):
                if let failure = checked.failure { return herder.finish(change, failure) }
                herder.store(config, checked.plugin, change)
            }
        }
    }

    private func store(_ config: ConfigMap, _ plugin: PluginDescription, _ change: ConfigChange) {
        var initialState: TargetState?
        if case .create(_, let state) = change.kind {
            // In a cluster the leader says that, once it is known who leads.
            guard cluster != nil || log.connector(change.name) == nil else {
                return finish(change, exists(change.name))
            }
            initialState = state
        }
        // A delete may have come while the configuration was checked: then this is the start of another life.
        guard machine.connectors[change.name]?.isEnding != true else {
            changes[change.name]?.putBack()
            return
        }
        store(config, plugin, initialState, change)
    }

    private func store(
        _ config: ConfigMap, _ plugin: PluginDescription?, _ initialState: TargetState?, _ change: ConfigChange
    ) {
        let name = change.name
        // With a worker alone the connector is started at once, and needs its class.
        if cluster == nil { entry(for: name).plugin = plugin }
        let mustBeNew = if case .create = change.kind { true } else { false }
        let request = HerderMachine.Request.store(
            name, config, initialState: initialState, mustBeNew: mustBeNew, version: plugin?.version)
        ask(request) { herder, answer in
            // The end of the worker may have answered it.
            guard herder.changes[name]?.running != nil else { return }
            switch answer {
            case .stored(let isNew): herder.answerStored(config, plugin, isNew: isNew, change)
            case .elsewhere(let url):
                herder.answer(change.reply, .success(.elsewhere(url: url)))
                herder.finish(change)
            case .refused(let error): herder.finish(change, error)
            case .done, .leads, .accepted, .underWay, .ending, .restarting: herder.finish(change)
            }
        }
    }

    /// With a worker alone the answer waits for the connector; in a cluster it may run on another worker, and the answer comes
    /// once the configuration was read back.
    private func answerStored(
        _ config: ConfigMap, _ plugin: PluginDescription?, isNew: Bool, _ change: ConfigChange
    ) {
        let name = change.name
        guard cluster == nil else {
            let count = log.connector(name)?.taskConfigs.count ?? 0
            let info = ConnectorInfo(
                name: name, config: config,
                tasks: (0..<count).map { TaskID(connector: name, number: Int32(clamping: $0)) },
                kind: plugin?.kind ?? .unknown)
            answer(change.reply, .success(isNew ? .created(info) : .updated(info)))
            return finish(change)
        }
        wait(for: entry(for: name), change.reply) { herder, entry in
            // Later changes may be stored by now; the answer shows what was submitted.
            guard let info = herder.info(of: entry) else {
                return .failure(ConnectError(.connectorUnknown, "Connector \(name) not found"))
            }
            let submitted = ConnectorInfo(name: info.name, config: config, tasks: info.tasks, kind: info.kind)
            return .success(isNew ? .created(submitted) : .updated(submitted))
        }
        finish(change)
    }

    private func exists(_ name: String) -> ConnectError {
        ConnectError(.connectorExists, "Connector \(name) already exists")
    }

    // MARK: - Checking

    /// `PUT …/config/validate`.
    func validate(_ config: ConfigMap, _ reply: @escaping ReplyHandler) {
        check(config, name: config["name"] ?? "validation") { herder, result in
            herder.answer(reply, result.map { .validation($0.validation) })
        }
    }

    /// Looks at a configuration on a lane of its own, since the connector's part of it may hang.
    private func check(
        _ config: ConfigMap, name: String,
        _ done: @escaping @Sendable (isolated Herder, Result<CheckedConfig, ConnectError>) -> Void
    ) {
        guard let className = config["connector.class"] else {
            let message = "Connector config \(config.keyDescription) contains no connector type"
            return done(self, .failure(ConnectError(.configMissingKey, message)))
        }
        // One class has several names.
        let checked = (try? dependencies.catalog.resolve(className))?.className ?? className
        if let reason = tooManyValidations(of: checked) {
            return done(self, .failure(ConnectError(.requestConflict, reason)))
        }
        runningValidations[checked] = (runningValidations[checked] ?? 0) + 1
        let stage = beginStage("performing multi-property validation for the connector", connector: name)
        let instance = ConnectorInstance(name, number: 0, pool: dependencies.pool)
        let once = Once()
        let timer = after(EventLoop.now() &+ settings.requestTime) { herder in
            guard once.take() else { return }
            herder.endStage(stage)
            instance.interrupt()
            instance.abandon()
            herder.logger.error(
                "A connector's validation does not return and is abandoned", [.connector(name), .taskHungCode])
            done(herder, .failure(ConnectError(.requestTimedOut, "Request timed out")))
        }
        let dependencies = dependencies
        let services = ConnectorServicesHost(name, instance: 0, offsets: dependencies.offsets, herder: nil)
        instance.borrow { () throws(ConnectError) in
            let (resolved, secrets) = try dependencies.opened(config, for: nil)
            let plugin = try dependencies.catalog.resolve(resolved["connector.class"] ?? "")
            return (try dependencies.catalog.makeConnector(plugin, services: services), resolved, secrets)
        } _: { connector, resolved throws(ConnectError) in
            let plugin = try dependencies.catalog.resolve(resolved["connector.class"] ?? "")
            let notes = try connector.validate(resolved)
            let validation = try dependencies.checking.validate(resolved, plugin: plugin, notes: notes)
            return CheckedConfig(plugin: plugin, validation: validation.hidingSecrets(of: config))
        } _: { result in
            self.onLoop { herder in
                herder.runningValidations[checked] = herder.runningValidations[checked].flatMap {
                    $0 > 1 ? $0 - 1 : nil
                }
                guard once.take() else { return }
                herder.cancel(timer)
                herder.endStage(stage)
                done(herder, result)
            }
        }
    }

    /// Why no further check of a class is begun; nil when one may be.
    private func tooManyValidations(of className: String) -> String? {
        if let own = runningValidations[className], own >= Self.maximumValidationsOfClass {
            return "\(own) configurations of \(className) are being checked and do not come to an end"
        }
        let all = runningValidations.values.reduce(0, +)
        return all < Self.maximumValidations
            ? nil : "\(all) configurations are being checked and do not come to an end"
    }
}

extension LogField {
    /// The code of a call that does not return.
    static let taskHungCode = LogField.errorCode(ErrorCode.taskHung.rawValue)
}

extension ConfigValidation {
    /// Shows values that were written with a reference to a config provider as they were written, and errors without
    /// secrets.
    func hidingSecrets(of raw: ConfigMap) -> ConfigValidation {
        let keys = keys.map { key in
            let written = raw[key.name].flatMap { TaskConfigPlan.isReference($0) ? $0 : nil }
            return Key(
                definition: key.definition, name: key.name, value: key.value == nil ? nil : written ?? key.value,
                recommendedValues: key.recommendedValues, errors: key.errors.map(LogSystem.redactor.redact),
                isVisible: key.isVisible)
        }
        return ConfigValidation(name: name, errorCount: errorCount, groups: groups, keys: keys)
    }
}
