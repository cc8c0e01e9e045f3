import Glibc
import PluginTestKit

/// A mount that does not answer, as that of a file server that is gone: every look into it blocks until this is released.
///
/// A file system in user space (FUSE) whose program says what it is and nothing more. Confined to its test.
final class HungMount {
    private let folder = TemporaryFolder()
    private let device: Int32

    /// Why there can be none here; nil where there can.
    static let missing: String? = {
        guard let mount = HungMount() else { return "no right to mount a file system of user space" }
        mount.release()
        return nil
    }()

    /// A file in it.
    var file: String { folder.file("file") }

    /// Nil where the process may not mount.
    init?() {
        device = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK)
        let options = "fd=\(device),rootmode=40000,user_id=\(getuid()),group_id=\(getgid())"
        guard device >= 0, mount("fuse", folder.path, "fuse", 0, options) == 0 else {
            if device >= 0 { close(device) }
            return nil
        }
        guard answerFirst() else {
            release()
            return nil
        }
    }

    /// Waits until somebody looks into it; false where nobody does within ten seconds. The kernel keeps the question: of one that
    /// was taken, it would wait for the answer even where the process is killed.
    func isLookedInto() -> Bool {
        var question = pollfd(fd: device, events: Int16(POLLIN), revents: 0)
        return poll(&question, 1, 10_000) == 1
    }

    /// Whoever waits is told that the connection is gone.
    func release() {
        umount2(folder.path, Int32(MNT_DETACH))
        close(device)
    }

    /// The kernel asks which protocol is spoken before it passes on any look.
    private func answerFirst() -> Bool {
        guard let request = request(), request.count >= 16 else { return false }
        var answer = [UInt8](repeating: 0, count: 80)
        answer.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt32(80), as: UInt32.self)
            // The request's number.
            for place in 8..<16 { bytes[place] = request[place] }
            // Protocol 7.23: read-ahead, limits, the clock's grain.
            for (place, value) in [(16, 7), (20, 23), (24, 4096), (36, 4096), (40, 1)] as [(Int, UInt32)] {
                bytes.storeBytes(of: value, toByteOffset: place, as: UInt32.self)
            }
        }
        return write(device, answer, answer.count) == answer.count
    }

    private func request() -> [UInt8]? {
        guard isLookedInto() else { return nil }
        var room = [UInt8](repeating: 0, count: 64 << 10)
        let count = read(device, &room, room.count)
        return count > 0 ? Array(room[..<count]) : nil
    }
}
