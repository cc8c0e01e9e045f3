import Glibc
import PluginKit

/// An open file, FIFO or standard input. Reading never blocks for data that has not come yet.
///
/// Confined to its task; closed with the object.
final class InputFile {
    /// What a read came to.
    enum Reading: Equatable {
        case bytes(Int)
        /// None now; a FIFO or terminal may bring some later.
        case nothingNow
        /// The end of the file as it is now.
        case end
    }

    /// What happened to a file that was read to its end.
    enum Change: Equatable {
        case none
        /// It became shorter than it was, and is shorter than what was read of it.
        case truncated(size: Int64)
    }

    /// Without O_NONBLOCK, opening a FIFO waits until somebody writes to it.
    static let openFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY

    private let descriptor: Int32
    private let closesDescriptor: Bool
    /// As it was when it was opened.
    let status: stat
    /// Whether bytes have positions that can be gone back to.
    let isRegular: Bool
    /// Whether ``FileWatch`` learns of every change.
    let canBeWatched: Bool
    /// The largest size that the file was seen with, since it last became shorter. Some files give bytes and say that they
    /// have none (all of `/proc`): their size never says that anything is gone.
    private var largestSize: Int64

    private init(descriptor: Int32, closesDescriptor: Bool) throws(PluginError) {
        self.descriptor = descriptor
        self.closesDescriptor = closesDescriptor
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let reason = SystemError.text(errno)
            if closesDescriptor { close(descriptor) }
            throw .fatal("Couldn't look at the opened file: \(reason)")
        }
        self.status = status
        isRegular = status.st_mode & S_IFMT == S_IFREG && closesDescriptor
        largestSize = Int64(status.st_size)
        canBeWatched = isRegular && FileWatch.isTold(of: descriptor)
    }

    deinit {
        if closesDescriptor { close(descriptor) }
    }

    /// Standard input, read from where it is.
    static func standardInput() throws(PluginError) -> InputFile {
        try InputFile(descriptor: STDIN_FILENO, closesDescriptor: false)
    }

    /// Opens a file for reading; nil when there is none of this name.
    static func open(_ path: String) throws(PluginError) -> InputFile? {
        let descriptor = Glibc.open(path, openFlags)
        if descriptor >= 0 { return try InputFile(descriptor: descriptor, closesDescriptor: true) }
        if errno == ENOENT { return nil }
        throw SystemError.opening("Couldn't open file '\(path)' for reading", errno)
    }

    /// Takes over a file that was opened before. The descriptor is closed with it, also where this fails.
    static func adopted(_ descriptor: Int32) throws(PluginError) -> InputFile {
        try InputFile(descriptor: descriptor, closesDescriptor: true)
    }

    /// For how long nothing was written to it, by the wall clock.
    var quietNanoseconds: UInt64 {
        var status = stat()
        var time = timespec()
        guard fstat(descriptor, &status) == 0, clock_gettime(CLOCK_REALTIME, &time) == 0 else { return 0 }
        // Anybody can set it to any time: a year stands for all that is older, and what comes from the future is new.
        let (seconds, isOverflow) = time.tv_sec.subtractingReportingOverflow(status.st_mtim.tv_sec)
        if isOverflow ? status.st_mtim.tv_sec > 0 : seconds < 0 { return 0 }
        guard !isOverflow, seconds < 31_536_000 else { return 31_536_000_000_000_000 }
        return UInt64(max(0, Int64(seconds) * 1_000_000_000 + Int64(time.tv_nsec - status.st_mtim.tv_nsec)))
    }

    /// Size now; 0 for what has none.
    var size: Int64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Reads once.
    ///
    /// - Parameter position: where in a regular file; others go on where they are.
    func read(_ place: UnsafeMutablePointer<UInt8>, count: Int, at position: Int64) throws(PluginError) -> Reading {
        if !closesDescriptor && !isReadable { return .nothingNow }
        while true {
            let result =
                isRegular
                ? pread(descriptor, place, count, off_t(position)) : Glibc.read(descriptor, place, count)
            if result > 0 {
                if isRegular { largestSize = max(largestSize, size) }
                return .bytes(result)
            }
            if result == 0 { return .end }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .nothingNow
            case let number: throw .fatal("Couldn't read at position \(position): \(SystemError.text(number))")
            }
        }
    }

    /// Looks whether the file still holds what was read.
    func change(readPosition: Int64) -> Change {
        guard isRegular else { return .none }
        let size = self.size
        if size < readPosition && size < largestSize {
            largestSize = size
            return .truncated(size: size)
        }
        largestSize = max(largestSize, size)
        return .none
    }

    /// Standard input belongs to others too, so it is asked instead of made non-blocking.
    private var isReadable: Bool {
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&question, 1, 0) > 0
    }
}
