import ConnectModel
import EventLoop
import Logging
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
    private var isOver = false

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

    /// Tells the present text now, where it is another one than was told last; loop. What only changes by itself is looked at
    /// once a second, so that a flapping task does not flood systemd.
    func update() {
        guard !isOver else { return }
        let text = text()
        guard text != lastText else { return }
        lastText = text
        ServiceManager.tell(.status(text))
    }

    /// The end of the worker has begun: `text` is the last that is told; loop.
    func end(_ text: String) {
        guard !isOver else { return }
        isOver = true
        ServiceManager.tell(.status(text))
    }

    private func tick() {
        LogSystem.writeRepeats()
        update()
        let now = EventLoop.now()
        if let watchdog, now >= nextWatchdog {
            let current = progress()
            if current != lastProgress {
                lastProgress = current
                nextWatchdog = now &+ watchdog / 3
                ServiceManager.tell(.watchdog)
            }
            probe()
        }
        loop.schedule(at: now &+ interval) { [self] in tick() }
    }
}
