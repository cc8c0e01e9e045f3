import EventLoop
import Logging
import Synchronization
import Systemd

/// Carries out what ``ReloadMachine`` decides, and tells systemd. Every call is made on the herder's loop, which keeps READY and
/// STOPPING in order.
final class Reloads: Sendable {
    private static let log = Logger("connect.reload")

    private let loop: EventLoop
    private let reload: @Sendable (@escaping @Sendable (ReloadReport) -> Void) -> Void
    private let statusChanged: @Sendable () -> Void
    private let machine = Mutex(ReloadMachine())
    private let note: ReloadNote

    /// - Parameters:
    ///   - loop: the herder's.
    ///   - note: where STATUS finds what it says of reloads.
    ///   - reload: does it.
    ///   - statusChanged: the note is another one.
    init(
        loop: EventLoop, note: ReloadNote,
        reload: @escaping @Sendable (@escaping @Sendable (ReloadReport) -> Void) -> Void,
        statusChanged: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.note = note
        self.reload = reload
        self.statusChanged = statusChanged
    }

    /// SIGHUP came.
    func wanted() { perform(machine.withLock { $0.wanted() }) }

    /// The worker came up.
    func started() { perform(machine.withLock { $0.started() }) }

    /// The worker stops.
    func stopping() { machine.withLock { $0.stopping() } }

    private func ended(_ report: ReloadReport) {
        let time = ClockTime.text(wallMilliseconds: EventLoop.wallMilliseconds())
        let verb = report.refusal == nil ? "reloaded" : "reload refused"
        note.text = "\(verb) at \(time): \(report.summary)"
        perform(machine.withLock { $0.ended() })
    }

    private func perform(_ actions: [ReloadMachine.Action]) {
        for action in actions {
            switch action {
            case .tellReady:
                ServiceManager.notify(.ready)
                statusChanged()
            case .begin:
                ServiceManager.notify(.reloading)
                note.text = "reloading"
                statusChanged()
                reload { report in self.loop.execute { self.ended(report) } }
            case .postpone: Self.log.info("A reload was asked for, and follows what is under way")
            case .ignore: Self.log.info("A reload was asked for, but the worker is shutting down")
            }
        }
    }
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
