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

    /// Content, name or number of names changed.
    private static let changes = UInt32(IN_MODIFY) | UInt32(IN_ATTRIB) | UInt32(IN_MOVE_SELF) | UInt32(IN_DELETE_SELF)
    /// The watch ends with the first change. Not imported, since the header writes it as an unsigned constant.
    private static let once: UInt32 = 0x8000_0000
    private static let stackSize = 128 << 10

    private let descriptor: Int32
    /// By the kernel's number of a watch.
    private let waiters = Mutex<[Int32: [Waiter]]>([:])

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
        waiters.withLock { waiters in
            let number = inotify_add_watch(descriptor, path, FileWatch.changes | FileWatch.once)
            guard number >= 0 else { return false }
            waiter.isArmed.store(true, ordering: .releasing)
            var list = waiters[number] ?? []
            if !list.contains(where: { $0 === waiter }) { list.append(waiter) }
            waiters[number] = list
            return true
        }
    }

    /// The waiter is woken no more once this returns.
    func disarm(_ waiter: Waiter) {
        // Whether or not it waits: it may be about to be woken.
        waiters.withLock { waiters in
            for (number, list) in waiters where list.contains(where: { $0 === waiter }) {
                let rest = list.filter { $0 !== waiter }
                waiters[number] = rest.isEmpty ? nil : rest
                if rest.isEmpty { inotify_rm_watch(descriptor, number) }
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
        waiters.withLock { waiters in
            while events.count - place >= head {
                let event = events.loadUnaligned(fromByteOffset: place, as: inotify_event.self)
                place += head + Int(event.len)
                if event.mask & UInt32(IN_Q_OVERFLOW) != 0 {
                    // Changes were lost: everybody looks.
                    for list in waiters.values { FileWatch.wake(list) }
                    waiters = [:]
                } else if let list = waiters.removeValue(forKey: event.wd) {
                    FileWatch.wake(list)
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
