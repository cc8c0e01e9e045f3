import Glibc

/// Whether a stream of this process leads to systemd's journal.
public enum JournalStream {
    /// True where `JOURNAL_STREAM` names the device and inode of `descriptor`, as systemd sets it for a service's
    /// standard output and error. False once the stream was redirected, since the variable is inherited.
    public static func isConnected(to descriptor: Int32) -> Bool {
        guard let variable = getenv("JOURNAL_STREAM") else { return false }
        return isConnected(to: descriptor, journalStream: String(cString: variable))
    }

    static func isConnected(to descriptor: Int32, journalStream: String) -> Bool {
        let parts = journalStream.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let device = UInt64(parts[0]), let inode = UInt64(parts[1]) else { return false }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    }
}
