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

    /// Takes the next one, which is the one that is read from now on.
    func next() -> File? {
        state.withLock { state in
            // What cannot be opened by its name any more, because another has that.
            while state.queue.count > 1, let first = state.queue.first, first.file.descriptor < 0 {
                state.queue.removeFirst()
                state.lost += 1
            }
            guard !state.queue.isEmpty else { return nil }
            let file = state.queue.removeFirst().file
            state.current = file.identity
            return file
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
        if state.queue.contains(where: { $0.file.identity == named }) || (isFull(state) && state.left == named) {
            return
        }
        if let left = state.left, left != named { state.lost += 1 }
        state.left = nil
        guard !isFull(state) else {
            state.left = named
            return
        }
        guard let file = open() else { return }
        // Between the two looks the name may have come to mean one that is known.
        if file.identity == state.current || state.queue.contains(where: { $0.file.identity == file.identity }) {
            if file.descriptor >= 0 { Glibc.close(file.descriptor) }
            return
        }
        state.queue.append(Waiting(file: file, arrived: now()))
    }

    private func isFull(_ state: State) -> Bool { state.queue.count >= Successors.limit }

    /// Opens what has the name at this moment; nil when that is gone already.
    private func open() -> File? {
        var status = stat()
        let descriptor = Glibc.open(path, InputFile.openFlags)
        guard descriptor >= 0 else {
            guard errno != ENOENT, stat(path, &status) == 0 else { return nil }
            return File(descriptor: -1, identity: Identity(status))
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
        for waiting in state.queue where waiting.file.descriptor >= 0 { Glibc.close(waiting.file.descriptor) }
        state.queue.removeAll()
    }
}
