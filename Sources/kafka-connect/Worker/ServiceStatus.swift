import ConnectModel
import EventLoop
import Systemd

/// What systemd is told while the worker runs: STATUS when it changes, WATCHDOG only when the herder got on.
///
/// Confined to the loop that its timer runs on, which is not the herder's: a herder that hangs must not be able to say that it
/// does not.
final class ServiceStatus {
    private let loop: EventLoop
    private let progress: @Sendable () -> UInt64
    private let probe: @Sendable () -> Void
    private let text: @Sendable () -> String
    private let interval: UInt64
    private let watchdog: UInt64?
    private var lastText = ""
    private var lastProgress: UInt64 = 0
    private var nextWatchdog: UInt64 = 0

    /// - Parameters:
    ///   - progress: grows whenever the herder has gone through an event.
    ///   - probe: gives the herder something to go through.
    ///   - text: what STATUS shows now.
    init(
        loop: EventLoop, progress: @escaping @Sendable () -> UInt64, probe: @escaping @Sendable () -> Void,
        text: @escaping @Sendable () -> String
    ) {
        self.loop = loop
        self.progress = progress
        self.probe = probe
        self.text = text
        watchdog = ServiceManager.watchdogInterval
        // A third of the watchdog's time leaves room for one late turn; a status needs no more than a look a second.
        interval = min(1_000_000_000, (watchdog ?? .max) / 3)
    }

    /// Begins; loop.
    func start() { tick() }

    /// Tells the present text now; loop.
    func update() {
        let text = text()
        guard text != lastText else { return }
        lastText = text
        ServiceManager.notify(.status(text))
    }

    private func tick() {
        update()
        let now = EventLoop.now()
        if let watchdog, now >= nextWatchdog {
            let current = progress()
            if current != lastProgress {
                lastProgress = current
                nextWatchdog = now &+ watchdog / 3
                ServiceManager.notify(.watchdog)
            }
            probe()
        }
        loop.schedule(at: now &+ interval) { [self] in tick() }
    }
}

/// The one line that STATUS shows.
enum StatusText {
    /// - Parameters:
    ///   - waitingFor: what of Kafka does not answer; nil when all is well.
    ///   - heldUp: how many calls of plugins wait for a thread.
    static func line(_ snapshot: WorkerSnapshot, waitingFor: String?, heldUp: Int = 0) -> String {
        if snapshot.isStopping { return "Stopping" }
        guard snapshot.isReady else {
            let stage = snapshot.stage?.description ?? "starting"
            return "Starting: \(waitingFor ?? stage)"
        }
        var counts: [InstanceState: Int] = [:]
        var tasks = 0
        for connector in snapshot.connectors {
            for task in connector.status?.tasks ?? [] {
                tasks += 1
                counts[task.status.state, default: 0] += 1
            }
        }
        var text = "\(snapshot.connectors.count) connectors, \(tasks) tasks"
        let shown: [InstanceState] = [.running, .paused, .failed, .unassigned, .restarting]
        let parts = shown.compactMap { state in counts[state].map { "\($0) \(state.rawValue.lowercased())" } }
        if !parts.isEmpty { text += ": " + parts.joined(separator: ", ") }
        if let waitingFor { text += "; waiting for Kafka: \(waitingFor)" }
        if heldUp > 0 { text += "; \(heldUp) tasks wait for a thread: calls of plugins block all" }
        return text
    }
}
