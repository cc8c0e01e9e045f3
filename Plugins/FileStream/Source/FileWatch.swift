import CLinux
import Glibc
import Synchronization

/// Wakes tasks whose files changed, by the kernel's word (inotify): an idle task need not look again and again.
///
/// One for all tasks of the process, with one thread. A watch ends with the first change, so that a file which is written all
/// the time costs nothing here: its task reads on and watches again once it is idle. Changes by other hosts of a network file
/// system are not told; whoever watches has to look by itself now and then.
final class FileWatch: Sendable {
    /// One that waits for a change of its file.
    final class Waiter: Sendable {
        fileprivate let wake: @Sendable () -> Void
        fileprivate let isArmed = Atomic<Bool>(false)

        /// - Parameter wake: called on the watch's thread, with its lock held; must not wait or call the watch.
        init(wake: @escaping @Sendable () -> Void) { self.wake = wake }

        /// Whether the next change will wake it.
        var isWaiting: Bool { isArmed.load(ordering: .acquiring) }
    }

    /// Nil where the system has no more instances of inotify to give.
    static let shared = FileWatch()

    private struct State {
        /// By the kernel's number of a file's watch.
        var files: [Int32: [Waiter]] = [:]
        /// By the kernel's number of a folder's watch and the name in it.
        var names: [Int32: [String: [Waiter]]] = [:]
    }

    /// Content, name or number of names changed.
    private static let changes = UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
    /// Another file came to have a name.
    private static let arrivals = UInt32(IN_CREATE) | UInt32(IN_MOVED_TO)
    /// The watch ends with the first change. Not imported, since the header writes it as an unsigned constant.
    private static let once: UInt32 = 0x8000_0000
    private static let stackSize = 128 << 10

    private let descriptor: Int32
    private let state = Mutex(State())

    private init?() {
        descriptor = inotify_init1(Int32(IN_CLOEXEC))
        guard descriptor >= 0, startThread() else {
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

    /// Watches the file of that name for one change. What came before has to be looked for after this call.
    ///
    /// - Returns: false where the file cannot be watched: it is gone, or the user has no more watches.
    func arm(_ waiter: Waiter, path: String) -> Bool {
        state.withLock { state in
            let number = inotify_add_watch(descriptor, path, FileWatch.changes | FileWatch.once)
            guard number >= 0 else { return false }
            waiter.isArmed.store(true, ordering: .releasing)
            var list = state.files[number] ?? []
            if !list.contains(where: { $0 === waiter }) { list.append(waiter) }
            state.files[number] = list
            return true
        }
    }

    /// Wakes a waiter each time that another file comes to have this name, until it is disarmed: one that is made, and one that
    /// is renamed to it. Of a link, the link's own name is meant.
    ///
    /// - Returns: false where the folder cannot be watched.
    func armName(_ waiter: Waiter, path: String) -> Bool {
        let (folder, name) = FileWatch.parts(of: path)
        return state.withLock { state in
            let number = inotify_add_watch(descriptor, folder, FileWatch.arrivals)
            guard number >= 0 else { return false }
            waiter.isArmed.store(true, ordering: .releasing)
            var list = state.names[number]?[name] ?? []
            if !list.contains(where: { $0 === waiter }) { list.append(waiter) }
            state.names[number, default: [:]][name] = list
            return true
        }
    }

    /// A path's folder and the name in it.
    private static func parts(of path: String) -> (folder: String, name: String) {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (".", path) }
        let folder = path[..<slash]
        return (folder.isEmpty ? "/" : String(folder), String(path[path.utf8.index(after: slash)...]))
    }

    /// The waiter is woken no more once this returns.
    func disarm(_ waiter: Waiter) {
        // Whether or not it waits: it may be about to be woken.
        state.withLock { state in
            for (number, list) in state.files where list.contains(where: { $0 === waiter }) {
                let rest = list.filter { $0 !== waiter }
                state.files[number] = rest.isEmpty ? nil : rest
                if rest.isEmpty { inotify_rm_watch(descriptor, number) }
            }
            for (number, names) in state.names {
                for (name, list) in names where list.contains(where: { $0 === waiter }) {
                    let rest = list.filter { $0 !== waiter }
                    state.names[number]?[name] = rest.isEmpty ? nil : rest
                }
                guard state.names[number]?.isEmpty == true else { continue }
                state.names[number] = nil
                inotify_rm_watch(descriptor, number)
            }
            waiter.isArmed.store(false, ordering: .releasing)
        }
    }

    // MARK: - The thread

    private func startThread() -> Bool {
        var attributes = pthread_attr_t()
        guard pthread_attr_init(&attributes) == 0 else { return false }
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setstacksize(&attributes, FileWatch.stackSize)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        // Lives as long as the process, as `shared` does.
        let argument = Unmanaged.passRetained(self)
        let status = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                _ = kcl_set_thread_name(pthread_self(), "kc-file-watch")
                Unmanaged<FileWatch>.fromOpaque(argument).takeUnretainedValue().serve()
                return nil
            }, argument.toOpaque())
        if status != 0 { argument.release() }
        return status == 0
    }

    private func serve() {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 8) { room in
            while true {
                let count = read(descriptor, room.baseAddress, room.count)
                if count > 0 {
                    tell(UnsafeRawBufferPointer(rebasing: room[..<count]))
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    private func tell(_ events: UnsafeRawBufferPointer) {
        var place = 0
        let head = MemoryLayout<inotify_event>.size
        state.withLock { state in
            while events.count - place >= head {
                let event = events.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                let name = events[min(place + head, events.count)..<min(place + head + Int(event.len), events.count)]
                place += head + Int(event.len)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    // Changes were lost: everybody looks.
                    for list in state.files.values { FileWatch.wake(list) }
                    state.files = [:]
                    for list in state.names.values.flatMap(\.values) { for waiter in list { waiter.wake() } }
                } else if let list = state.files.removeValue(forKey: event.wd) {
                    FileWatch.wake(list)
                } else if event.mask & UInt32(IN_IGNORED) != 0 {
                    // The folder is gone.
                    for waiter in state.names.removeValue(forKey: event.wd)?.values.flatMap(\.self) ?? [] {
                        waiter.isArmed.store(false, ordering: .releasing)
                    }
                } else if let names = state.names[event.wd] {
                    let text = String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
                    for waiter in names[text] ?? [] { waiter.wake() }
                }
            }
        }
    }

    private static func wake(_ list: [Waiter]) {
        for waiter in list {
            waiter.isArmed.store(false, ordering: .releasing)
            waiter.wake()
        }
    }
}
