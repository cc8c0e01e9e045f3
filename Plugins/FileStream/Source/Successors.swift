import Glibc
import Synchronization

/// The files that took the name of the one that is read, each opened as soon as it is seen: once it is renamed or removed, it
/// cannot be found by its name any more.
///
/// In the order in which they came, and no more than a number of them. Whoever learns of a change calls ``look()``: the task, and
/// a thread of ``WaiterCalls``. Files are looked at, opened and closed without the lock, by one at a time: the name may lead to
/// a mount that does not answer, and the task goes on with the file that it has.
final class Successors: Sendable {
    /// A file that waits for its turn.
    struct File: Sendable {
        /// Negative for what could not be opened or is no regular file: that has to be opened by its name when it is its turn.
        let descriptor: Int32
        /// Opening it was refused, which may pass: whoever makes it may not have given it to us yet.
        fileprivate var isRefused = false
        fileprivate let identity: Identity
    }

    fileprivate struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t

        init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
        }
    }

    private struct Waiting {
        var file: File
        /// When the file before it lost its name, or this one was first seen.
        var arrived: UInt64
    }

    private struct State {
        var current: Identity?
        var queue: [Waiting] = []
        /// Has the name, but there was no room for it.
        var left: Identity?
        /// Files that had the name and will not be read.
        var lost = 0
        /// Raised by what makes a look that is under way worthless.
        var round: UInt64 = 0
        /// Somebody looks; whoever comes meanwhile has that one look once more.
        var isLooking = false
        var mustLookAgain = false

        var isFull: Bool { queue.count >= Successors.limit }

        /// Leaves nothing but what a look that is under way needs.
        mutating func clear() -> [Waiting] {
            let waiting = queue
            var next = State()
            next.round = round &+ 1
            (next.isLooking, next.mustLookAgain) = (isLooking, mustLookAgain)
            self = next
            return waiting
        }
    }

    /// Descriptors that one task may hold for later.
    static let limit = 16

    private let path: String
    private let now: @Sendable () -> UInt64
    private let state = Mutex(State())

    /// - Parameter now: nanoseconds that never go back.
    init(path: String, now: @escaping @Sendable () -> UInt64) {
        self.path = path
        self.now = now
    }

    deinit { clear() }

    /// Begins with the file that was opened by the name. What waits for another is closed.
    func follow(_ status: stat) {
        let waiting = state.withLock { state in
            defer { state.current = Identity(status) }
            return state.clear()
        }
        Successors.close(waiting)
    }

    /// Sees which file has the name now. Where somebody else does so already, that one sees it, and this does not wait.
    ///
    /// - Returns: when the first that waits came; nil while none does.
    @discardableResult
    func look() -> UInt64? {
        let mayLook = state.withLock { state in
            guard !state.isLooking else {
                state.mustLookAgain = true
                return false
            }
            state.isLooking = true
            return true
        }
        if mayLook {
            repeat { lookOnce() } while isWantedAgain()
        }
        return state.withLock { $0.queue.first?.arrived }
    }

    private func isWantedAgain() -> Bool {
        state.withLock { state in
            defer { state.mustLookAgain = false }
            state.isLooking = state.mustLookAgain
            return state.isLooking
        }
    }

    /// Takes the next one, which is the one that is read from now on. One that has to be opened by its name stays until
    /// ``took(_:)`` says that it was.
    func next() -> File? {
        state.withLock { state in
            // What cannot be opened by its name any more, because another has that.
            while state.queue.count > 1, let first = state.queue.first, first.file.descriptor < 0 {
                state.queue.removeFirst()
                state.lost += 1
            }
            guard let file = state.queue.first?.file else { return nil }
            guard file.descriptor >= 0 else { return file }
            state.queue.removeFirst()
            state.current = file.identity
            return file
        }
    }

    /// The next one was opened by its name: it is read from now on.
    func took(_ status: stat) {
        let opened = Identity(status)
        let doubled = state.withLock { state in
            if let first = state.queue.first, first.file.descriptor < 0 {
                state.queue.removeFirst()
                if first.file.identity != opened { state.lost += 1 }
            }
            // It may have been noticed a second time meanwhile.
            let doubled = state.queue.filter { $0.file.identity == opened }
            state.queue.removeAll { $0.file.identity == opened }
            state.current = opened
            return doubled
        }
        Successors.close(doubled)
    }

    /// How many wait.
    var count: Int { state.withLock { $0.queue.count } }

    /// How many files had the name and will not be read, since this was asked last.
    func takeLost() -> Int {
        state.withLock { state in
            defer { state.lost = 0 }
            return state.lost
        }
    }

    /// Closes what waits, and looks no more.
    func clear() {
        Successors.close(state.withLock { $0.clear() })
    }

    // MARK: - A look

    private func lookOnce() {
        let round = state.withLock { $0.current == nil ? nil : $0.round }
        var status = stat()
        // While there is no file of this name, somebody is about to make one.
        guard let round, stat(path, &status) == 0 else { return }
        let named = Identity(status)
        let (isNew, ended) = state.withLock { state in
            state.round == round ? Successors.note(named, &state) : (isNew: false, ended: [])
        }
        Successors.close(ended)
        guard isNew, let file = open() else { return }
        let arrived = now()
        let isTaken = state.withLock { state in
            state.round == round && Successors.take(Waiting(file: file, arrived: arrived), &state)
        }
        if !isTaken { Successors.close(file) }
    }

    /// - Returns: whether the file that has the name is to be opened, and what is to be closed.
    private static func note(_ named: Identity, _ state: inout State) -> (isNew: Bool, ended: [Waiting]) {
        if named == state.current {
            // Somebody gave it its name back.
            state.lost += state.queue.count + (state.left == nil ? 0 : 1)
            state.left = nil
            defer { state.queue = [] }
            return (false, state.queue)
        }
        if let known = state.queue.first(where: { $0.file.identity == named }) { return (known.file.isRefused, []) }
        if state.isFull, state.left == named { return (false, []) }
        if let left = state.left, left != named { state.lost += 1 }
        state.left = state.isFull ? named : nil
        return (!state.isFull, [])
    }

    /// What was opened waits for its turn; false where it is known: the name may have come to mean that one since.
    private static func take(_ waiting: Waiting, _ state: inout State) -> Bool {
        let file = waiting.file
        if file.identity == state.current { return false }
        if let place = state.queue.firstIndex(where: { $0.file.identity == file.identity }) {
            guard state.queue[place].file.isRefused, !file.isRefused else { return false }
            // It could not be opened before.
            state.queue[place].file = file
            return true
        }
        guard !state.isFull else { return false }
        state.queue.append(waiting)
        return true
    }

    /// Opens what has the name at this moment; nil when that is gone already.
    private func open() -> File? {
        var status = stat()
        let descriptor = Glibc.open(path, InputFile.openFlags)
        guard descriptor >= 0 else {
            guard errno != ENOENT, stat(path, &status) == 0 else { return nil }
            return File(descriptor: -1, isRefused: true, identity: Identity(status))
        }
        guard fstat(descriptor, &status) == 0 else {
            Glibc.close(descriptor)
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            return File(descriptor: -1, identity: Identity(status))
        }
        return File(descriptor: descriptor, identity: Identity(status))
    }

    private static func close(_ waiting: [Waiting]) {
        for one in waiting { close(one.file) }
    }

    private static func close(_ file: File) {
        if file.descriptor >= 0 { Glibc.close(file.descriptor) }
    }
}
