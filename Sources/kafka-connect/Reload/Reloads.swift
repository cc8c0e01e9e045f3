import EventLoop
import Logging
import Synchronization
import Systemd

/// Carries out what ``ReloadMachine`` decides, and tells systemd. Every call is made on the herder's loop, which keeps READY and
/// STOPPING in order.
final class Reloads: Sendable {
    /// What reloads need of the rest of the worker.
    struct Parts: Sendable {
        /// The herder's.
        let loop: EventLoop
        /// Where STATUS finds what it says of reloads.
        let note: ReloadNote
        /// After which a reload counts as through though connectors still start or stop for it: as soon as the log calls their
        /// calls slow. Nanoseconds.
        var patience: UInt64 = 10_000_000_000
        /// Does one.
        let reload: @Sendable (ReloadProgress, @escaping @Sendable (ReloadReport) -> Void) -> Void
        /// The note is another one.
        let statusChanged: @Sendable () -> Void
        /// Tells systemd.
        var notify: @Sendable (ServiceManager.Notification) -> Void = { ServiceManager.tell($0) }
    }

    private static let log = Logger("connect.reload")

    private let parts: Parts
    private let machine = Mutex(ReloadMachine())

    init(_ parts: Parts) { self.parts = parts }

    /// SIGHUP came.
    func wanted() { perform(machine.withLock { $0.wanted() }) }

    /// The worker came up.
    func started() { perform(machine.withLock { $0.started() }) }

    /// The worker stops.
    func stopping() { machine.withLock { $0.stopping() } }

    private func begin(_ number: UInt64) {
        parts.notify(.reloading)
        tell("reloading")
        let progress = ReloadProgress()
        parts.loop.schedule(at: EventLoop.now() &+ parts.patience) { [self] in timeIsUp(number, progress) }
        parts.reload(progress) { [self] report in parts.loop.execute { self.ended(number, report) } }
    }

    private func ended(_ number: UInt64, _ report: ReloadReport) {
        let verb = report.refusal == nil ? "reloaded" : "reload refused"
        let text = "\(verb) at \(Self.time): \(report.summary)"
        let actions = machine.withLock { machine -> [ReloadMachine.Action]? in
            // Late, and another one has begun meanwhile: the note is that one's.
            guard machine.isLast(number) else { return nil }
            return machine.over(number)
        }
        guard let actions else { return }
        parts.note.text = text
        if actions.isEmpty { parts.statusChanged() }
        perform(actions)
    }

    private func timeIsUp(_ number: UInt64, _ progress: ReloadProgress) {
        guard machine.withLock({ $0.isUnderWay(number) }) else { return }
        let text = progress.text
        let busy = progress.busy
        Self.log.warning(
            "The reload is not through after \(parts.patience / 1_000_000) ms and goes on behind; still busy: \(text)",
            busy.count == 1 ? busy.map { .connector($0) } : [])
        parts.note.text = "reload goes on since \(Self.time), still busy: \(text)"
        perform(machine.withLock { $0.over(number) })
    }

    private func perform(_ actions: [ReloadMachine.Action]) {
        for action in actions {
            switch action {
            case .tellReady:
                parts.notify(.ready)
                parts.statusChanged()
            case .begin(let number): begin(number)
            case .postpone: Self.log.info("A reload was asked for, and follows what is under way")
            case .ignore: Self.log.info("A reload was asked for, but the worker is shutting down")
            }
        }
    }

    private func tell(_ text: String) {
        parts.note.text = text
        parts.statusChanged()
    }

    private static var time: String { ClockTime.text(wallMilliseconds: EventLoop.wallMilliseconds()) }
}

/// What STATUS says of reloads. Any thread.
final class ReloadNote: Sendable {
    private let stored = Mutex<String?>(nil)

    /// nil before the first.
    var text: String? {
        get { stored.withLock { $0 } }
        set { stored.withLock { $0 = newValue } }
    }
}

/// The time of day.
enum ClockTime {
    /// `12:03:04 UTC`.
    static func text(wallMilliseconds: Int64) -> String {
        let seconds = (wallMilliseconds / 1000 % 86_400 + 86_400) % 86_400
        let parts = [seconds / 3600, seconds / 60 % 60, seconds % 60]
        return parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") + " UTC"
    }
}
