package import ConnectModel

// Keys for requests between workers.
extension HerderMachine {
    /// Milliseconds: never looked at more often, and at least daily.
    private static let keyChecks: (least: Int64, most: Int64) = (1000, 86_400_000)
    private static let retryPause: UInt64 = 1_000_000_000

    /// Has a new key written where one is due, and looks again when the present one has run out.
    mutating func checkSessionKey(at now: Moment) {
        keyDeadline = nil
        guard let member, let rotation, !isEnding else { return }
        let isLeader = member.isLeader && member.protocolVersion == 2
        if rotation.isDue(isLeader: isLeader, now: now.wall) {
            self.rotation?.writing()
            return act(.makeSessionKey)
        }
        guard isLeader, let expiry = rotation.expiry else { return }
        let wait = min(max(expiry.subtractingSaturated(now.wall), Self.keyChecks.least), Self.keyChecks.most)
        keyDeadline = now.time &+ UInt64(wait) * 1_000_000
    }

    /// The driver made a key, or could not.
    package mutating func madeSessionKey(_ key: Result<SessionKey, ConnectError>, at now: Moment) -> [Action] {
        acting { machine in
            switch key {
            case .success(let key): machine.act(.write([.sessionKey(key)], .sessionKey))
            case .failure(let error):
                machine.rotation?.failed()
                machine.act(.tell(.sessionKeyNotMade(error)))
            }
        }
    }

    /// The write of a key came to its end.
    mutating func sessionKeyWritten(_ error: ConnectError?, at now: Moment) {
        guard let error else { return }
        rotation?.failed()
        act(.tell(.sessionKeyNotWritten(error)))
        keyDeadline = now.time &+ Self.retryPause
    }

    /// A key was read from the config topic.
    mutating func readSessionKey(_ key: SessionKey, at now: Moment) {
        rotation?.read(key)
        checkSessionKey(at: now)
    }
}

extension Int64 {
    fileprivate func subtractingSaturated(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return self < 0 ? .min : .max
    }
}
