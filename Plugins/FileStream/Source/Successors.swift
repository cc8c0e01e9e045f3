import Glibc
import Synchronization

/// The files that took the name of the one that is read, each opened as soon as it is seen: once it is renamed or removed, it
/// cannot be found by its name any more.
///
/// In the order in which they came, and no more than a number of them. Whoever learns of a change calls ``look()``: the task, and
/// the thread of ``FileWatch``.
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
        clear()
        state.withLock { $0.current = Identity(status) }
    }

    /// Sees which file has the name now.
    ///
    /// - Returns: when the first that waits came; nil while none does.
    @discardableResult
    func look() -> UInt64? {
        state.withLock { state in
            var status = stat()
            // While there is no file of this name, somebody is about to make one.
            if state.current != nil, stat(path, &status) == 0 { note(Identity(status), &state) }
            return state.queue.first?.arrived
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
        state.withLock { state in
            let opened = Identity(status)
            if let first = state.queue.first, first.file.descriptor < 0 {
                state.queue.removeFirst()
                if first.file.identity != opened { state.lost += 1 }
            }
            // It may have been noticed a second time meanwhile.
            for waiting in state.queue where waiting.file.identity == opened { Successors.close(waiting.file) }
            state.queue.removeAll { $0.file.identity == opened }
            state.current = opened
        }
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
        state.withLock { state in
            close(&state)
            state = State()
        }
    }

    private func note(_ named: Identity, _ state: inout State) {
        if named == state.current {
            // Somebody gave it its name back.
            state.lost += state.queue.count + (state.left == nil ? 0 : 1)
            close(&state)
            state.left = nil
            return
        }
        if let place = state.queue.firstIndex(where: { $0.file.identity == named }) {
            if state.queue[place].file.isRefused { retry(place, &state) }
            return
        }
        if isFull(state), state.left == named { return }
        if let left = state.left, left != named { state.lost += 1 }
        state.left = nil
        guard !isFull(state) else {
            state.left = named
            return
        }
        guard let file = open() else { return }
        // Between the two looks the name may have come to mean one that is known.
        if file.identity == state.current || state.queue.contains(where: { $0.file.identity == file.identity }) {
            return Successors.close(file)
        }
        state.queue.append(Waiting(file: file, arrived: now()))
    }

    /// Opens one that could not be opened before.
    private func retry(_ place: Int, _ state: inout State) {
        guard let file = open() else { return }
        guard file.identity == state.queue[place].file.identity, !file.isRefused else { return Successors.close(file) }
        state.queue[place].file = file
    }

    private func isFull(_ state: State) -> Bool { state.queue.count >= Successors.limit }

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

    private func close(_ state: inout State) {
        for waiting in state.queue { Successors.close(waiting.file) }
        state.queue.removeAll()
    }

    private static func close(_ file: File) {
        if file.descriptor >= 0 { Glibc.close(file.descriptor) }
    }
}
