import CLinux
import Glibc

/// A POSIX mutex for state on which threads wait; Swift's `Mutex` has no condition variable.
final class Monitor: Sendable {
    /// Initialised once, then used by the pthread calls only.
    nonisolated(unsafe) private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// A place to wait with the monitor's lock held.
    final class Condition: Sendable {
        /// Initialised once, then used by the pthread calls only.
        nonisolated(unsafe) private let condition: UnsafeMutablePointer<pthread_cond_t>
        private let monitor: Monitor

        init(_ monitor: Monitor) {
            self.monitor = monitor
            condition = .allocate(capacity: 1)
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            _ = kcl_condition_uses_monotonic_clock(&attributes)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            condition.deallocate()
        }

        /// Waits for a signal, or for none in particular: the caller looks at its condition again.
        func wait() { pthread_cond_wait(condition, monitor.mutex) }

        /// As ``wait()``, but not beyond `deadline`; false where that has passed.
        func wait(until deadline: UInt64) -> Bool {
            var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            return pthread_cond_timedwait(condition, monitor.mutex, &time) != ETIMEDOUT
        }

        func signal() { pthread_cond_signal(condition) }
    }
}
