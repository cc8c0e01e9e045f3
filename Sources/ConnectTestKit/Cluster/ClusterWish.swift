/// Something that one client asks for, on its way.
final class ClusterWish {
    let command: ClusterCommand
    /// The worker that was asked last; nil before the first.
    var worker: SimulatedWorker?
    /// The client knows that it failed, and not what it came to.
    var isUnknown = false

    init(_ command: ClusterCommand) { self.command = command }

    /// Whether nothing of it can be written any more, though its client was not told that it is done: its worker is gone or gave it up,
    /// and all that the worker sent has arrived.
    func isOver(at now: UInt64) -> Bool {
        guard let worker, now > worker.lastAppend else { return false }
        return !worker.isAlive || isUnknown && worker.appends.isEmpty
    }
}
