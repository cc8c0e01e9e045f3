internal import CLinux
internal import Glibc
internal import Synchronization

/// Hands events to another sink on a thread of its own, so that whoever logs never waits: the journal, or whatever reads
/// standard error, may be busy or stopped, and then a write blocks until it reads again.
///
/// Order is kept. What waits is bounded by bytes; events that find no room are counted, and their number is told at their place
/// once there is room again. Any thread.
public final class QueuedSink: LogSink {
    private struct State {
        var waiting: [LogEvent] = []
        /// Of what waits and of what is being written.
        var bytes = 0
        /// Events that found no room since the last one that did.
        var lost = 0
        /// Whether the thread is at work, or has been told that there is some.
        var isAwake = false
        var hasThread = false
    }

    private enum Taken { case queued, queuedAsleep, lost, withoutThread }

    /// Of a usual line there are some ten thousand in it.
    public static let defaultLimit = 4 << 20
    /// What an event takes beside its texts.
    private static let overhead = 128
    /// Milliseconds after which one who waits looks again: another one who waits may have taken the sign.
    private static let lookAgain: UInt64 = 20

    private let sink: any LogSink
    private let limit: Int
    private let state = Mutex(State())
    /// Eventfds: something waits, and nothing does any more. Negative where there was none to be had.
    private let work = eventfd(0, Int32(EFD_CLOEXEC))
    private let end = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))

    /// - Parameters:
    ///   - sink: may block; is called by one thread at a time.
    ///   - limit: bytes that may wait. An event that is longer goes alone.
    public init(_ sink: any LogSink, limit: Int = QueuedSink.defaultLimit) {
        self.sink = sink
        self.limit = limit
    }

    /// Queues an event. Does not wait, but where the system has no thread to give: then the event is written from here.
    public func write(_ event: LogEvent) {
        let size = Self.size(of: event)
        let taken = state.withLock { state -> Taken in
            if !state.hasThread { state.hasThread = startThread() }
            guard state.hasThread else { return .withoutThread }
            // Why the worker ends is told in any case.
            guard event.level == .fatal || state.bytes == 0 || state.bytes + size <= limit else {
                state.lost += 1
                return .lost
            }
            Self.tellLost(in: &state)
            state.waiting.append(event)
            state.bytes += size
            defer { state.isAwake = true }
            return state.isAwake ? .queued : .queuedAsleep
        }
        switch taken {
        case .queued, .lost: break
        case .queuedAsleep: eventfd_write(work, 1)
        case .withoutThread: sink.write(event)
        }
    }

    /// Waits until everything is written, and no longer than that time.
    ///
    /// - Returns: false where it was not within that time.
    @discardableResult
    public func flush(milliseconds: Int32) -> Bool {
        let limit = LogRegistry.monotonicNanoseconds &+ UInt64(max(0, milliseconds)) * 1_000_000
        var question = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        while state.withLock({ $0.isAwake }) {
            let now = LogRegistry.monotonicNanoseconds
            guard now < limit else { return false }
            let wait = min(Self.lookAgain, (limit - now) / 1_000_000 + 1)
            guard poll(&question, 1, Int32(wait)) > 0 else { continue }
            var count: eventfd_t = 0
            eventfd_read(end, &count)
        }
        return true
    }

    private static func tellLost(in state: inout State) {
        guard state.lost > 0 else { return }
        let notice = LogEvent(
            wallMilliseconds: LogRegistry.wallMilliseconds, level: .warn, logger: "connect.log",
            message: "\(state.lost) log events were lost here: what reads the log was not fast enough",
            fields: [LogField("lost", state.lost)])
        state.lost = 0
        state.waiting.append(notice)
        state.bytes += size(of: notice)
    }

    private static func size(of event: LogEvent) -> Int {
        event.fields.reduce(event.message.utf8.count + overhead) { $0 + $1.value.utf8.count + overhead / 2 }
    }

    // MARK: - The thread

    /// It lives as long as the process.
    private func startThread() -> Bool {
        guard work >= 0, end >= 0 else { return false }
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // Signals go to the threads that handle them.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        let queue = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<QueuedSink>.fromOpaque(context).takeRetainedValue().serve() }
                return nil
            }, queue.toOpaque())
        guard code == 0 else {
            queue.release()
            return false
        }
        _ = kcl_set_thread_name(thread, "kc-log")
        pthread_detach(thread)
        return true
    }

    private func serve() {
        while true {
            var count: eventfd_t = 0
            guard eventfd_read(work, &count) == 0 || errno == EINTR else { return }
            while let events = take() {
                for event in events {
                    sink.write(event)
                    state.withLock { $0.bytes -= Self.size(of: event) }
                }
            }
            eventfd_write(end, 1)
        }
    }

    /// All that waits; nil where nothing does.
    private func take() -> [LogEvent]? {
        state.withLock { state in
            Self.tellLost(in: &state)
            guard !state.waiting.isEmpty else {
                state.isAwake = false
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
