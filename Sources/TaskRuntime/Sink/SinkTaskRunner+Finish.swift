import ConnectModel
import EventLoop
import Logging

extension SinkTaskRunner {
    /// How far the task is taken down.
    enum Finishing {
        case notYet
        /// The last commit is under way.
        case awaitingCommit
        /// The consumer is leaving its group.
        case awaitingLeave(until: UInt64)
        case done
    }

    func letGo() -> Pace {
        if let receiver {
            dropLent(receiver)
            receiver.close {}
        }
        receiver = nil
        finishing = .done
        return .done
    }

    func finish(limit: UInt64?) -> Pace {
        let now = EventLoop.now()
        let limit = limit ?? .max
        while true {
            if control.hasEnded { return letGo() }
            switch finishing {
            case .notYet:
                finishing = .awaitingCommit
                guard isPluginStarted, let port, let receiver else { continue }
                takeCommits(receiver)
                dropLent(receiver)
                // A revocation under way has closed its partitions already.
                if let closing = commitState.closing { forget(closing) }
                logged("The plugin failed to close its partitions") { () throws(ConnectError) in
                    try close(offsets.partitions, port, receiver, now: now)
                }
            case .awaitingCommit:
                if let receiver { takeCommits(receiver) }
                let end = min(commitState.deadline, limit)
                if commitState.isUnderWay {
                    guard now >= end else { return .until(end) }
                    commitState.isUnderWay = false
                    logCommitFailure(
                        ConnectError(
                            .kafkaUnavailable, "The last commit was not answered in time; its records may come again"))
                }
                takeDown()
                guard let receiver else {
                    finishing = .done
                    continue
                }
                finishing = .awaitingLeave(until: now.addingSaturating(parts.worker.offsetFlushTimeout))
                receiver.close { [hasLeft, weak control] in
                    hasLeft.set()
                    control?.wake()
                }
            case .awaitingLeave(let end):
                let end = min(end, limit)
                guard hasLeft.isSet || now >= end else { return .until(end) }
                receiver = nil
                finishing = .done
            case .done:
                return .done
            }
        }
    }

    private func takeDown() {
        guard let port else { return }
        if isPluginStarted {
            logged("The plugin's stop failed") { () throws(ConnectError) in try port.stop() }
        }
        port.destroy()
        self.port = nil
    }

    private func logged(_ message: String, _ body: () throws(ConnectError) -> Void) {
        do throws(ConnectError) {
            try body()
        } catch {
            Self.log.error("\(message): \(error.message)", logFields + [.errorCode(error.code.rawValue)])
        }
    }
}
