import EventLoop

/// Which time a ``WakeTimer`` is set to: the decision apart from the timer.
struct WakePlan {
    /// A timer that is to be set; the one before it counts no more.
    struct Setting: Equatable {
        let deadline: UInt64
        fileprivate let generation: UInt64
    }

    /// When the timer that is set fires: what is asked for until then is compared with that, and not with what was asked for
    /// at first, which may be earlier.
    private var deadline: UInt64?
    private var generation: UInt64 = 0

    /// A wake-up is wanted at a time, or a little later where that is far away.
    ///
    /// - Returns: what to set; nil where the timer that is set fires early enough.
    mutating func ask(_ wanted: UInt64, now: UInt64) -> Setting? {
        let deadline = EventLoop.coalesced(wanted, now: now)
        if let set = self.deadline, set <= deadline { return nil }
        self.deadline = deadline
        generation += 1
        return Setting(deadline: deadline, generation: generation)
    }

    /// Whether a setting still counts: two that were asked for on different threads may reach the loop the other way round.
    func isCurrent(_ setting: Setting) -> Bool { setting.generation == generation }

    /// A timer has fired; false where it counts no more.
    mutating func fired(_ setting: Setting) -> Bool {
        guard isCurrent(setting) else { return false }
        deadline = nil
        return true
    }

    /// No timer counts any more.
    mutating func clear() {
        deadline = nil
        generation += 1
    }
}
