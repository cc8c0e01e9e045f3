package import ConnectModel

// What happened, and what follows from it.
extension ConnectorLifecycle {
    /// `start` has returned, with an error or without.
    package mutating func started(instance: UInt64, error: ConnectError?, now: UInt64) -> [Action] {
        guard case .busy(let subject, .start, _) = phase, subject.number == instance else { return [] }
        guard let error else {
            phase = .running(subject)
            // Also by a configuration that is not the newest any more: it may take the newest one over as it runs.
            let isRunning = isWantedToRun(subject) && subject.failure == nil
            return (isRunning ? [.status(.running, nil)] : []) + advance(now)
        }
        phase = .failed(error, configuration: subject.configuration, restart: subject.restart)
        return (isWanted(subject) ? [.status(.failed, error)] : []) + advance(now)
    }

    /// `reconfigure` has returned: true, or false where the connector must be stopped and started instead.
    package mutating func reconfigured(
        instance: UInt64, _ result: Result<Bool, ConnectError>, now: UInt64
    ) -> [Action] {
        guard case .busy(var subject, .reconfigure, _) = phase, subject.number == instance else { return [] }
        switch result {
        case .success(true):
            subject.owesTaskConfigs = true
            subject.isOwnWish = false
            phase = .running(subject)
            return advance(now)
        case .success(false):
            return stop(subject, now)
        case .failure(let error):
            // It is in no known state now: only `stop` may follow, with the next wish.
            subject.failure = error
            phase = .running(subject)
            return (isWanted(subject) ? [.status(.failed, error)] : []) + advance(now)
        }
    }

    /// `taskConfigs` has returned. Errors of the class `retriable` are tried again, with growing waits that are
    /// never shorter than the plugin asked for; others fail the connector.
    package mutating func gaveTaskConfigs(
        instance: UInt64, _ result: Result<[ConfigMap], ConnectError>, now: UInt64
    ) -> [Action] {
        guard case .busy(var subject, .taskConfigs, _) = phase, subject.number == instance else { return [] }
        guard isWanted(subject) else {
            phase = .running(subject)
            return advance(now)
        }
        switch result {
        case .success(let configs):
            retry = nil
            backoff.reset()
            subject.answeredAt = now
            phase = .running(subject)
            return [.publish(configs)] + advance(now)
        case .failure(let error) where error.code.errorClass == .retriable:
            subject.owesTaskConfigs = true
            subject.isOwnWish = false
            subject.answeredAt = now
            phase = .running(subject)
            let at = now &+ max(backoff.advance(), error.retryAfter)
            retry = (error, at)
            return [.wakeUp(instance: instance, at: at)] + advance(now)
        case .failure(let error):
            subject.failure = error
            phase = .running(subject)
            return [.status(.failed, error)] + advance(now)
        }
    }

    /// `stop` has returned; what it returned does not matter, since the instance is gone either way.
    package mutating func stopped(instance: UInt64, now: UInt64) -> [Action] {
        guard case .busy(let subject, .stop, _) = phase, subject.number == instance else { return [] }
        return afterStop(subject) + advance(now)
    }

    /// The connector failed outside of a call. It goes on, but counts as failed until it is restarted or reconfigured.
    package mutating func raised(_ error: ConnectError, instance: UInt64, now: UInt64) -> [Action] {
        switch phase {
        case .busy(var subject, let call, let since) where subject.number == instance && call != .stop:
            subject.failure = error
            phase = .busy(subject, call, obstructedSince: since)
        case .running(var subject) where subject.number == instance:
            subject.failure = error
            phase = .running(subject)
        case .none, .busy, .running, .failed, .ended:
            return []
        }
        return [.status(.failed, error)] + advance(now)
    }

    /// The same, for whatever instance there is.
    package mutating func raised(_ error: ConnectError, now: UInt64) -> [Action] {
        switch phase {
        case .busy(let subject, _, _), .running(let subject): raised(error, instance: subject.number, now: now)
        case .none, .failed, .ended: []
        }
    }

    /// The time of a ``Action/wakeUp(instance:at:)`` has come. One that came too late, or for nothing, does no harm.
    package mutating func timeIsUp(instance: UInt64, now: UInt64) -> [Action] {
        guard case .busy(let subject, let call, let since?) = phase else { return advance(now) }
        guard subject.number == instance else { return [] }
        let waited = now > since ? now - since : 0
        if waited >= patience.abandonAfter {
            abandonedCalls.add()
            return [.abandon(instance: instance, call: call)] + afterStop(subject) + advance(now)
        }
        guard waited >= interruptAfter(call) else { return [] }
        return [.interrupt(instance: instance), .wakeUp(instance: instance, at: since &+ patience.abandonAfter)]
    }

    // MARK: - Steps

    /// Takes the next step towards the newest wish.
    mutating func advance(_ now: UInt64) -> [Action] {
        switch phase {
        case .ended: return []
        case .none(let reported): return advanceWithoutInstance(reported, now)
        case .failed(let error, let configuration, let restart):
            return advanceFailed(error, configuration, restart, now)
        case .running(let subject): return advanceRunning(subject, now)
        case .busy(let subject, let call, nil) where !isWanted(subject):
            phase = .busy(subject, call, obstructedSince: now)
            return [.wakeUp(instance: subject.number, at: now &+ interruptAfter(call))]
        case .busy: return []
        }
    }

    private mutating func advanceWithoutInstance(_ reported: InstanceState?, _ now: UInt64) -> [Action] {
        if let end = wish.end {
            phase = .ended
            let isTold = end == .removed || !wish.isOwned
            return (isTold ? [] : [.status(.unassigned, nil)]) + settle(nil) + [.ended]
        }
        if !wish.isOwned {
            // What this worker never had is not its to tell about.
            let isTold = reported == nil || reported == .unassigned
            phase = .none(reported: isTold ? reported : .unassigned)
            return (isTold ? [] : [.status(.unassigned, nil)]) + settle(nil)
        }
        switch wish.state {
        case .started: return start(now)
        case .paused, .stopped:
            let state: InstanceState = wish.state == .paused ? .paused : .stopped
            phase = .none(reported: state)
            return (reported == state ? [] : [.status(state, nil)]) + settle(nil)
        }
    }

    private mutating func advanceFailed(
        _ error: ConnectError, _ configuration: UInt64, _ restart: UInt64, _ now: UInt64
    ) -> [Action] {
        if wish.end == nil, wish.isOwned, wish.state != .stopped, restart == wish.restart,
            configuration == wish.configuration
        {
            return settle(error)
        }
        phase = .none(reported: wish.isOwned ? nil : .failed)
        let isRestarted = wish.end == nil && wish.isOwned && wish.state == .started && restart != wish.restart
        return (isRestarted ? [.status(.restarting, nil)] : []) + advance(now)
    }

    private mutating func advanceRunning(_ subject: Instance, _ now: UInt64) -> [Action] {
        guard wish.end == nil, wish.isOwned, wish.state == .started, subject.restart == wish.restart else {
            return stop(subject, now)
        }
        var subject = subject
        if subject.configuration != wish.configuration {
            guard subject.failure == nil else { return stop(subject, now) }
            subject.configuration = wish.configuration
            phase = .busy(subject, .reconfigure, obstructedSince: nil)
            return [.reconfigure(instance: subject.number)]
        }
        if let failure = subject.failure { return settle(failure) }
        guard subject.owesTaskConfigs else { return settle(nil) }
        if let retry, now < retry.at { return settle(retry.error) }
        if subject.isOwnWish, let answered = subject.answeredAt {
            let at = answered &+ Self.pauseBetweenOwnWishes
            if now < at { return settle(nil) + [.wakeUp(instance: subject.number, at: at)] }
        }
        // Taken back first, so that a request that comes during the call is not lost.
        subject.owesTaskConfigs = false
        subject.isOwnWish = false
        phase = .busy(subject, .taskConfigs, obstructedSince: nil)
        return [.askTaskConfigs(instance: subject.number)]
    }

    private mutating func start(_ now: UInt64) -> [Action] {
        if let refusal = abandonedCalls.refusal(of: name) {
            phase = .failed(refusal, configuration: wish.configuration, restart: wish.restart)
            return [.status(.failed, refusal)] + settle(refusal)
        }
        let subject = Instance(number: nextInstance, configuration: wish.configuration, restart: wish.restart)
        nextInstance += 1
        retry = nil
        backoff.reset()
        phase = .busy(subject, .start, obstructedSince: nil)
        return [.start(instance: subject.number)]
    }

    private mutating func stop(_ subject: Instance, _ now: UInt64) -> [Action] {
        phase = .busy(subject, .stop, obstructedSince: now)
        return [
            .stop(instance: subject.number),
            .wakeUp(instance: subject.number, at: now &+ interruptAfter(.stop)),
        ]
    }

    /// The instance is gone, in order or abandoned.
    private mutating func afterStop(_ subject: Instance) -> [Action] {
        phase = .none(reported: nil)
        if !wish.isOwned, wish.end != .removed {
            phase = .none(reported: .unassigned)
            return [.status(.unassigned, nil)]
        }
        if wish.end != nil || wish.state == .stopped { return [] }
        if wish.state == .paused {
            // What has failed stays so until somebody restarts, reconfigures or stops it.
            if let failure = subject.failure {
                phase = .failed(failure, configuration: subject.configuration, restart: subject.restart)
            }
            return []
        }
        return [.status(subject.restart == wish.restart ? .unassigned : .restarting, nil)]
    }

    private mutating func settle(_ error: ConnectError?) -> [Action] {
        guard settledRevision != wish.revision else { return [] }
        settledRevision = wish.revision
        return [.settled(revision: wish.revision, error)]
    }

    /// Whether what the instance is doing is still what is wished for.
    private func isWanted(_ subject: Instance) -> Bool {
        isWantedToRun(subject) && subject.configuration == wish.configuration
    }

    /// The same, by whatever configuration.
    private func isWantedToRun(_ subject: Instance) -> Bool {
        wish.end == nil && wish.isOwned && wish.state == .started && subject.restart == wish.restart
    }

    private func interruptAfter(_ call: Call) -> UInt64 {
        call == .stop ? patience.interruptStopAfter : patience.interruptAfter
    }
}
