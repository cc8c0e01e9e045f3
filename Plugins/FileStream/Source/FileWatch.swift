import CLinux
import Glibc
import Synchronization

/// Wakes tasks whose files changed, by the kernel's word (inotify): an idle task need not look again and again.
///
/// One for all tasks of the process, with one thread that reads what the kernel tells, and ``WaiterCalls`` that act on it. A
/// watch ends with the first change, so that a file which is written all the time costs nothing here: its task reads on and
/// watches again once it is idle. Changes by other hosts of a network file system are not told; whoever watches has to look by
/// itself now and then.
///
/// The lock guards tables alone. Calls of the kernel are made without it, since a path may lead to a mount that does not
/// answer; what such a call misses meanwhile is found by ``State/told``.
final class FileWatch: Sendable {
    /// Nil where the system has no more instances of inotify to give.
    static let shared = FileWatch()

    private struct State {
        /// By the kernel's number of a file's watch.
        var files: [Int32: [Waiter]] = [:]
        /// By the kernel's number of a folder's watch and the name in it.
        var names: [Int32: [String: [Waiter]]] = [:]
        /// How many events were told. One that is told between the making of a watch and its entry here may be about it.
        var told: UInt64 = 0
    }

    /// Content, name or number of names changed.
    private static let changes = UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
    /// Another file came to have a name.
    private static let arrivals = UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
    /// The watch ends with the first change. Not imported, since the header writes it as an unsigned constant.
    private static let once: UInt32 = 0x8000_0000
    /// A watch is made again where others' changes come at the same moment; so often in a row they do not.
    private static let attempts = 8

    private let descriptor: Int32
    private let calls: WaiterCalls
    private let state = Mutex(State())

    private init?() {
        guard let calls = WaiterCalls() else { return nil }
        self.calls = calls
        descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
        guard descriptor >= 0, WatchThread.start("kc-file-watch", { [self] in serve() }) else {
            if descriptor >= 0 { close(descriptor) }
            return nil
        }
    }

    /// Whether the kernel tells every change of the file: ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, ZFS and bcachefs.
    static func isTold(of descriptor: Int32) -> Bool {
        var status = statfs()
        guard fstatfs(descriptor, &status) == 0 else { return false }
        switch UInt32(truncatingIfNeeded: status.f_type) {
        case 0xEF53, 0x5846_5342, 0x9123_683E, 0x0102_1994, 0xF2F5_2010, 0x2FC1_2FC1, 0xCA45_1A4E: return true
        default: return false
        }
    }

    // MARK: - What is watched

    /// Watches the file of that name for one change. What came before has to be looked for after this call. May block where the
    /// path does.
    ///
    /// - Returns: false where the file cannot be watched: it is gone, or the user has no more watches.
    func arm(_ waiter: Waiter, path: String) -> Bool {
        add(waiter, path, FileWatch.changes | FileWatch.once) { state, number in
            FileWatch.enter(waiter, in: &state.files[number, default: []])
        }
    }

    /// Wakes a waiter each time that another file comes to have this name, until it is disarmed or the folder goes: one that is
    /// made, and one that is renamed to it. Of a link, the link's own name is meant. May block where the folder does.
    ///
    /// - Returns: false where the folder cannot be watched.
    func armName(_ waiter: Waiter, path: String) -> Bool {
        let (folder, name) = FileWatch.parts(of: path)
        return add(waiter, folder, FileWatch.arrivals) { state, number in
            FileWatch.enter(waiter, in: &state.names[number, default: [:]][name, default: []])
        }
    }

    /// The waiter is woken no more once this returns.
    func disarm(_ waiter: Waiter) {
        // Whether or not it waits: it may be about to be woken.
        let unused = state.withLock { state in
            waiter.setWaiting(false)
            return FileWatch.leave(waiter, &state)
        }
        // Who has come to watch the same meanwhile is told that the watch has ended.
        for number in unused { inotify_rm_watch(descriptor, number) }
        waiter.setMayWake(false)
    }

    private func add(_ waiter: Waiter, _ path: String, _ events: UInt32, _ enter: (inout State, Int32) -> Void) -> Bool
    {
        waiter.setMayWake(true)
        for _ in 0..<FileWatch.attempts {
            let before = state.withLock { $0.told }
            let number = inotify_add_watch(descriptor, path, events)
            guard number >= 0 else { return false }
            let isEntered = state.withLock { state in
                guard state.told == before else { return false }
                enter(&state, number)
                waiter.setWaiting(true)
                return true
            }
            if isEntered { return true }
        }
        return false
    }

    private static func enter(_ waiter: Waiter, in list: inout [Waiter]) {
        if !list.contains(where: { $0 === waiter }) { list.append(waiter) }
    }

    /// - Returns: the numbers of watches that nobody waits for any more.
    private static func leave(_ waiter: Waiter, _ state: inout State) -> [Int32] {
        var unused: [Int32] = []
        for (number, list) in state.files where list.contains(where: { $0 === waiter }) {
            let rest = list.filter { $0 !== waiter }
            state.files[number] = rest.isEmpty ? nil : rest
            if rest.isEmpty { unused.append(number) }
        }
        for (number, names) in state.names {
            for (name, list) in names where list.contains(where: { $0 === waiter }) {
                let rest = list.filter { $0 !== waiter }
                state.names[number]?[name] = rest.isEmpty ? nil : rest
            }
            guard state.names[number]?.isEmpty == true else { continue }
            state.names[number] = nil
            unused.append(number)
        }
        return unused
    }

    /// A path's folder and the name in it.
    private static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.utf8.index(after: slash)...]))
    }

    // MARK: - The thread

    /// Lives as long as the process, as ``shared`` does.
    private func serve() {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { room in
            while true {
                var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                guard poll(&question, 1, calls.relieve()) >= 0 || errno == EINTR else { return }
                let count = read(descriptor, room.baseAddress, room.count)
                if count > 0 {
                    calls.put(told(UnsafeRawBufferPointer(rebasing: room[..<count])))
                } else if errno != EINTR && errno != EAGAIN {
                    return
                }
            }
        }
    }

    /// Who waits for what the kernel tells.
    private func told(_ events: UnsafeRawBufferPointer) -> [Waiter] {
        var place = 0
        let head = MemoryLayout<inotify_event>.size
        return state.withLock { state in
            var waiters: [Waiter] = []
            while events.count - place >= head {
                let event = events.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                let name = events[min(place + head, events.count)..<min(place + head + Int(event.len), events.count)]
                place += head + Int(event.len)
                waiters += FileWatch.told(event, name, &state)
            }
            return waiters
        }
    }

    private static func told(
        _ event: inotify_event, _ name: Slice<UnsafeRawBufferPointer>, _ state: inout State
    ) -> [Waiter] {
        state.told &+= 1
        if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
            // Changes were lost: everybody looks.
            let files = state.files.values.flatMap(\.self)
            for waiter in files { waiter.setWaiting(false) }
            state.files = [:]
            return files + state.names.values.flatMap(\.values).flatMap(\.self)
        }
        if let list = state.files.removeValue(forKey: event.wd) {
            for waiter in list { waiter.setWaiting(false) }
            return list
        }
        if event.mask & UInt32(IN_IGNORED) != 0 {
            // The folder is gone, or one who left it took the watch of one who came.
            let list = state.names.removeValue(forKey: event.wd)?.values.flatMap(\.self) ?? []
            for waiter in list { waiter.setWaiting(false) }
            return list
        }
        let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
        return state.names[event.wd]?[text] ?? []
    }
}
