import EventLoop
import FakeBroker
import Glibc
import Logging
import Synchronization

/// A broker from its start to the signal that ends it.
///
/// Sendable by its lock and its loop: ``server`` and ``waiter`` are touched on the loop alone.
final class BrokerRun: @unchecked Sendable {
    private enum End {
        case ended
        case failed(SystemError)
    }

    /// How often warnings that were counted only are written, in nanoseconds.
    private static let repeatInterval: UInt64 = 60_000_000_000

    private let options: Options
    private let loop: EventLoop
    private let end = Mutex<End?>(nil)
    private let semaphore: UnsafeMutablePointer<sem_t>
    private var server: BrokerServer?
    private var waiter: SignalWaiter?

    init(_ options: Options, loop: EventLoop) {
        self.options = options
        self.loop = loop
        semaphore = .allocate(capacity: 1)
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    /// On the loop: listens, and tells where.
    func start(until signals: [Int32]) {
        do throws(SystemError) {
            let server = try BrokerServer(
                loop: loop, address: options.address, settings: options.settings, faults: options.faults,
                limits: options.limits)
            self.server = server
            waiter = try SignalWaiter(signals, loop: loop) { [weak self] _ in self?.stop(.ended) }
            Logger("fakebroker").info(
                "Listening", [LogField("address", "\(server.address)"), LogField("faults", options.faults.count)])
            Entry.write("\(server.address)\n", to: STDOUT_FILENO)
            writeRepeats()
        } catch {
            stop(.failed(error))
        }
    }

    /// On any other thread: waits for the end; what went wrong, if anything.
    func waitForEnd() -> SystemError? {
        while sem_wait(semaphore) != 0, errno == EINTR {}
        return end.withLock { end in
            if case .failed(let error) = end { error } else { nil }
        }
    }

    private func stop(_ how: End) {
        server?.close()
        waiter?.close()
        (server, waiter) = (nil, nil)
        end.withLock { $0 = how }
        sem_post(semaphore)
    }

    private func writeRepeats() {
        LogSystem.writeRepeats()
        loop.schedule(at: EventLoop.now() + Self.repeatInterval) { [weak self] in self?.writeRepeats() }
    }
}
