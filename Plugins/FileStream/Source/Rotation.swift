import PluginKit

/// When a file has had its time, and which one comes after it.
///
/// A file whose name means another one may still be written to for a while: it is over once nothing has come for two seconds.
/// Confined to its task but for what the kernel tells.
final class Rotation {
    private static let quietNanoseconds: UInt64 = 2_000_000_000
    /// How often it is seen which file has the name, where the kernel does not tell and lines keep coming.
    private static let lookNanoseconds: UInt64 = 100_000_000

    private let path: String
    private let context: HostContext
    private let now: @Sendable () -> UInt64
    private let watch: FileWatch?
    private let successors: Successors
    /// Looks for another file of that name when the kernel says that there is one.
    private let arrival: FileWatch.Waiter
    private var lastLook: UInt64 = 0
    private var canBeWatched = false
    /// Since when a file that was replaced has brought nothing.
    private var quietSince: UInt64?

    init(path: String, context: HostContext, watch: FileWatch?, now: @escaping @Sendable () -> UInt64) {
        self.path = path
        self.context = context
        self.watch = watch
        self.now = now
        let successors = Successors(path: path, now: now)
        self.successors = successors
        arrival = FileWatch.Waiter {
            successors.look() != nil
        } wake: {
            context.wake()
        }
    }

    deinit { stop() }

    /// Begins with a file that was opened by its name.
    func begin(with input: InputFile) {
        guard input.isRegular else { return }
        successors.follow(input.status)
        arm(input)
        // What came between the opening and this is not told.
        successors.look()
    }

    func stop() {
        watch?.disarm(arrival)
        successors.clear()
    }

    /// Whether the file was replaced, and more of it is waited for.
    var isWaiting: Bool { quietSince != nil }

    /// The file has brought something.
    func grew() { quietSince = nil }

    /// While lines keep coming, notices another file of the name where nobody tells of it: the kernel does not where the path
    /// leads through a link that is turned elsewhere.
    func lookWhileReading() {
        let time = now()
        guard time &- lastLook >= Rotation.lookNanoseconds else { return }
        lastLook = time
        // The folder was moved or made anew.
        if !arrival.isWaiting { arm() }
        successors.look()
    }

    /// At the end of a file: the one that is to be read from now on, from its start; nil while there is none, or more may come.
    func successor(of input: InputFile) throws(PluginError) -> InputFile? {
        guard let arrived = successors.look() else {
            quietSince = nil
            return nil
        }
        guard isOver(input, since: arrived), let opened = try open() else { return nil }
        quietSince = nil
        arm(opened)
        let more = successors.count
        context.log(
            .info, "File \(path) was replaced; going on with the new one" + (more > 0 ? ", \(more) more wait" : ""))
        warnOfLoss(successors.takeLost())
        return opened
    }

    private func open() throws(PluginError) -> InputFile? {
        guard let file = successors.next() else { return nil }
        if file.descriptor >= 0 { return try InputFile.adopted(file.descriptor) }
        // Where that fails, or there is none at the moment, it is tried again.
        guard let named = try InputFile.open(path) else { return nil }
        successors.took(named.status)
        return named
    }

    private func arm(_ input: InputFile) {
        canBeWatched = input.canBeWatched
        arm()
    }

    private func arm() {
        if canBeWatched { _ = watch?.armName(arrival, path: path) }
    }

    private func isOver(_ input: InputFile, since arrived: UInt64) -> Bool {
        let time = now()
        if let quietSince { return time &- quietSince >= Rotation.quietNanoseconds }
        // One that lost its name long ago, while it waited for its turn, need not be waited for again.
        if time &- arrived >= Rotation.quietNanoseconds && input.quietNanoseconds >= Rotation.quietNanoseconds {
            return true
        }
        quietSince = time
        return false
    }

    private func warnOfLoss(_ count: Int) {
        guard count > 0 else { return }
        context.log(
            .warning,
            "\(count) files that had the name \(path) were not read: while \(Successors.limit) waited for their turn, no more "
                + "are kept open; or they could not be opened, or the name was given back")
    }
}
