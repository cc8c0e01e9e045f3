import ConnectModel
import Logging

extension SourceTaskRunner {
    /// How far the task is taken down.
    enum Finishing {
        case notYet
        /// Kafka may still acknowledge what was sent.
        case awaitingAcknowledgements(until: UInt64)
        /// Offsets are being written: the last ones, or older ones after which the last ones follow.
        case awaitingFlush(isLast: Bool)
        case done
    }

    func finish(limit: UInt64?) -> Pace {
        let now = self.now()
        let limit = limit ?? .max
        if let sender, let port {
            takeCompletions(sender)
            tellAcknowledged(port, now)
        }
        while true {
            if control.hasEnded { return letGo() }
            switch finishing {
            case .notYet:
                begin(now: now, limit: limit)
            case .awaitingAcknowledgements(let end):
                let end = min(end, limit)
                guard ledger.openRecords == 0 || sendFailure != nil || now >= end else { return .until(end) }
                finishing = .awaitingFlush(isLast: !commits.isFlushing)
                if !commits.isFlushing { beginLastFlush(now) }
            case .awaitingFlush(let isLast):
                if commits.isFlushing {
                    commit { (ledger) throws(ConnectError) in
                        try self.commits.tick(now: now, ledger: &ledger, text: self.text)
                    }
                }
                if commits.isFlushing, now < limit { return .until(min(commits.nextDeadline, limit)) }
                if isLast || commits.isFlushing {
                    takeDown()
                } else {
                    finishing = .awaitingFlush(isLast: true)
                    beginLastFlush(now)
                }
            case .done:
                return .done
            }
        }
    }

    func letGo() -> Pace {
        deputy.end()
        if let port { releaseBatch(port) }
        sender?.close()
        sender = nil
        finishing = .done
        return .done
    }

    private func begin(now: UInt64, limit: UInt64) {
        guard let sender, let port, isPluginStarted else { return takeDown() }
        logged("Unsent records could not be set apart") { () throws(ConnectError) in
            try chunk.cutUnsent(of: batch, in: &ledger, text)
        }
        releaseBatch(port)
        handOver(sender, now)
        finishing = .awaitingAcknowledgements(until: now.addingSaturating(parts.worker.offsetFlushTimeout))
    }

    private func beginLastFlush(_ now: UInt64) {
        commit { (ledger) throws(ConnectError) in
            try self.commits.begin(now: now, ledger: &ledger, text: self.text)
        }
    }

    private func commit(_ write: (inout OffsetLedger) throws(ConnectError) -> Bool) {
        var isStored = false
        logged("The last offsets could not be committed") { () throws(ConnectError) in isStored = try write(&ledger) }
        guard isStored || owesCommit else { return }
        owesCommit = false
        do throws(ConnectError) {
            try port?.commit()
        } catch {
            logDeaf("commit", "Offsets are stored", error, now())
        }
    }

    private func takeDown() {
        deputy.end()
        // Before the plugin's stop, which may hang: what was given up must not go out beside another run of the task.
        sender?.close()
        sender = nil
        if let port {
            if isPluginStarted {
                logged("The plugin's stop failed") { () throws(ConnectError) in try port.stop() }
            }
            port.destroy()
        }
        port = nil
        finishing = .done
    }

    private func logged(_ message: String, _ body: () throws(ConnectError) -> Void) {
        do throws(ConnectError) {
            try body()
        } catch {
            log.error(
                "\(message): \(error.message)", logFields + [.errorCode(error.code.rawValue)])
        }
    }
}
