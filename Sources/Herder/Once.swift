/// Lets the first of several events through, such as an answer and its time-out. Confined to the herder's loop.
final class Once: @unchecked Sendable {
    // Guarded by the loop: all the events run there.
    private(set) var isTaken = false

    /// True for the first caller.
    func take() -> Bool {
        defer { isTaken = true }
        return !isTaken
    }
}
