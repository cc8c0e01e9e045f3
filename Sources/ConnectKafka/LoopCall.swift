import EventLoop
import Glibc
import Synchronization

/// Carries a lane's question to a loop and waits for the answer.
///
/// A loop never blocks, so the wait is that of a hand-off. Never called on a loop.
enum LoopCall {
    /// Runs `body` on the loop and returns what it returned.
    static func wait<Answer: Sendable>(on loop: EventLoop, _ body: @escaping @Sendable () -> Answer) -> Answer {
        let box = Box<Answer>()
        loop.execute { box.put(body()) }
        return box.take()
    }

    /// How often a wait without an end is asked whether it is still wanted, in nanoseconds.
    private static let interval: UInt64 = 100_000_000

    /// Begins something and waits for its answer, nil where that does not come in time. An answer that comes later is
    /// dropped.
    ///
    /// - Parameters:
    ///   - limit: nanoseconds from now.
    ///   - isWanted: nil: the limit ends the wait. Else it goes on until this says otherwise, which is asked several times a
    ///     second, and told once each time the limit has passed again.
    ///   - begin: calls what it is given once, on any thread.
    static func wait<Answer: Sendable>(
        atMost limit: UInt64, isWanted: ((_ isLate: Bool) -> Bool)? = nil,
        _ begin: (@escaping @Sendable (Answer) -> Void) -> Void
    ) -> Answer? {
        let box = Box<Answer>()
        begin { box.put($0) }
        var end = Self.instant(limit)
        guard let isWanted else { return box.take(until: end) }
        while true {
            if let answer = box.take(until: min(end, Self.instant(Self.interval))) { return answer }
            let isLate = EventLoop.now() >= end
            if isLate { end = Self.instant(limit) }
            guard isWanted(isLate) else { return nil }
        }
    }

    private static func instant(_ pause: UInt64) -> UInt64 {
        let (instant, overflow) = EventLoop.now().addingReportingOverflow(pause)
        return overflow ? .max : instant
    }

    /// One answer, handed from one thread to another. The condition variable guards it.
    private final class Box<Answer: Sendable>: @unchecked Sendable {
        private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
        private var answer: Answer?

        init() {
            pthread_mutex_init(mutex, nil)
            // Deadlines are of the monotonic clock.
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(condition, &attributes)
            pthread_condattr_destroy(&attributes)
        }

        deinit {
            pthread_cond_destroy(condition)
            pthread_mutex_destroy(mutex)
            condition.deallocate()
            mutex.deallocate()
        }

        func put(_ answer: Answer) {
            pthread_mutex_lock(mutex)
            self.answer = answer
            pthread_cond_signal(condition)
            pthread_mutex_unlock(mutex)
        }

        func take() -> Answer {
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while true {
                if let answer { return answer }
                pthread_cond_wait(condition, mutex)
            }
        }

        func take(until deadline: UInt64) -> Answer? {
            var limit = timespec()
            limit.tv_sec = Int(clamping: deadline / 1_000_000_000)
            limit.tv_nsec = Int(deadline % 1_000_000_000)
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            while answer == nil, EventLoop.now() < deadline {
                pthread_cond_timedwait(condition, mutex, &limit)
            }
            return answer
        }
    }
}
