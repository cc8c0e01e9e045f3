import Glibc
import Logging

extension BlockingPool {
    /// What the threads of a pool share. Apart from the pool, so that threads do not keep the pool itself alive.
    final class Core: Sendable {
        private struct State {
            /// Lanes with jobs, in the order in which they got them.
            var queue: [Lane] = []
            var head = 0
            /// Threads without a job, the one that went idle last at the end: it is woken first, so that those at the
            /// front reach the end of their idle time.
            var idle: [Worker] = []
            var busy: [Worker] = []
            var abandoned = 0
            var nextNumber = 0
            var hasSupervisor = false
            /// The supervisor waits for work to queue up.
            var isSupervisorAsleep = false
            var isStopped = false

            var threads: Int { idle.count + busy.count }
            var hasWork: Bool { head < queue.count }
        }

        private final class Worker: Sendable {
            let wakeUp: Monitor.Condition
            // Guarded by the pool's monitor.
            nonisolated(unsafe) var thread: pthread_t = 0
            nonisolated(unsafe) var lane: Lane?
            nonisolated(unsafe) var tookLaneAt: UInt64 = 0
            nonisolated(unsafe) var isWoken = false
            nonisolated(unsafe) var isAbandoned = false

            init(_ monitor: Monitor) { wakeUp = Monitor.Condition(monitor) }
        }

        /// After how long in one lane a thread counts as blocked.
        private static let stuckAfter: UInt64 = 2_000_000
        /// After how long a lane with more jobs lets another lane have its thread.
        private static let slice: UInt64 = 1_000_000
        /// How long the supervisor waits before it tries again to start a thread.
        private static let pauseAfterFailure: UInt64 = 100_000_000
        private static let supervisorStackSize = 256 << 10
        private static let log = Logger("connect.pool")

        private let name: String
        private let steadyThreads: Int
        private let maximumThreads: Int
        private let idleLifetime: UInt64
        private let monitor = Monitor()
        private let supervisorWakeUp: Monitor.Condition
        /// Guarded by `monitor`.
        nonisolated(unsafe) private var state = State()

        init(name: String, steadyThreads: Int, maximumThreads: Int, idleLifetime: UInt64) {
            self.name = name
            self.steadyThreads = steadyThreads
            self.maximumThreads = maximumThreads
            self.idleLifetime = idleLifetime
            supervisorWakeUp = Monitor.Condition(monitor)
        }

        var counts: (threads: Int, abandoned: Int) {
            monitor.withLock { (state.threads, state.abandoned) }
        }

        /// Queues a lane that has jobs; false where the pool has stopped.
        func schedule(_ lane: Lane) -> Bool {
            let isAccepted = monitor.withLock {
                guard !state.isStopped else { return false }
                state.queue.append(lane)
                callForThread()
                return true
            }
            if !isAccepted { lane.close() }
            return isAccepted
        }

        /// Parts with the thread that runs a job of `lane`.
        func giveUp(_ lane: Lane) {
            monitor.withLock {
                guard let index = state.busy.firstIndex(where: { $0.lane === lane }) else { return }
                let worker = state.busy.remove(at: index)
                worker.isAbandoned = true
                state.abandoned += 1
                // Alive: it needs the monitor before it can end.
                NativeThread.rename(worker.thread, "kc-abandoned")
                if state.hasWork { callForThread() }
            }
        }

        func stop() {
            let dropped = monitor.withLock {
                state.isStopped = true
                for worker in state.idle { wake(worker) }
                state.idle = []
                supervisorWakeUp.signal()
                let lanes = state.queue[state.head...]
                state.queue = []
                state.head = 0
                return lanes
            }
            for lane in dropped { lane.close() }
        }

        // MARK: With the monitor held

        /// There is work: wakes a thread, starts one, or has the supervisor watch those that are busy.
        private func callForThread() {
            if let worker = state.idle.popLast() {
                state.busy.append(worker)
                wake(worker)
            } else if state.threads < steadyThreads {
                startThread()
            } else if state.threads < maximumThreads {
                superviseBusyThreads()
            }
        }

        private func wake(_ worker: Worker) {
            worker.isWoken = true
            // Or it would look as if it had been in its last lane ever since.
            worker.tookLaneAt = EventLoop.now()
            worker.wakeUp.signal()
        }

        @discardableResult
        private func startThread() -> Bool {
            let worker = Worker(monitor)
            worker.tookLaneAt = EventLoop.now()
            do throws(SystemError) {
                let thread = try NativeThread.start("\(name)-\(state.nextNumber)") { [self] in serve(worker) }
                pthread_detach(thread)
                worker.thread = thread
                state.nextNumber += 1
                state.busy.append(worker)
                return true
            } catch {
                // Jobs wait for the threads that there are; without any, the supervisor tries again.
                Self.log.error(
                    "A thread could not be started; calls of connectors wait", [LogField("reason", "\(error)")])
                superviseBusyThreads()
                return false
            }
        }

        private func superviseBusyThreads() {
            if state.isSupervisorAsleep {
                state.isSupervisorAsleep = false
                supervisorWakeUp.signal()
            } else if !state.hasSupervisor {
                do throws(SystemError) {
                    let thread = try NativeThread.start("kc-pool", stackSize: Self.supervisorStackSize) { [self] in
                        supervise()
                    }
                    pthread_detach(thread)
                    state.hasSupervisor = true
                } catch {
                    Self.log.error("The pool's supervisor could not be started", [LogField("reason", "\(error)")])
                }
            }
        }

        private func takeLane() -> Lane? {
            guard state.hasWork else { return nil }
            let lane = state.queue[state.head]
            state.head += 1
            if state.head == state.queue.count {
                state.queue.removeAll(keepingCapacity: true)
                state.head = 0
            } else if state.head >= 64, state.head * 2 >= state.queue.count {
                state.queue.removeFirst(state.head)
                state.head = 0
            }
            return lane
        }

        private func leave(_ worker: Worker) {
            state.busy.removeAll { $0 === worker }
            state.idle.removeAll { $0 === worker }
        }

        // MARK: Threads

        private func serve(_ worker: Worker) {
            while let lane = monitor.withLock({ nextLane(for: worker) }) {
                let hasMore = lane.run(slice: Self.slice)
                let (isAbandoned, isStopped) = monitor.withLock {
                    worker.lane = nil
                    if worker.isAbandoned { state.abandoned -= 1 }
                    if hasMore, !state.isStopped { state.queue.append(lane) }
                    return (worker.isAbandoned, state.isStopped)
                }
                if hasMore, isStopped { lane.close() }
                if isAbandoned { return }
            }
        }

        /// Waits, with the monitor held, until there is a lane for `worker`; nil where its thread has to end.
        private func nextLane(for worker: Worker) -> Lane? {
            while !state.isStopped {
                if let lane = takeLane() {
                    worker.lane = lane
                    worker.tookLaneAt = EventLoop.now()
                    return lane
                }
                state.busy.removeAll { $0 === worker }
                state.idle.append(worker)
                worker.isWoken = false
                let deadline = EventLoop.now() + idleLifetime
                while !worker.isWoken {
                    if worker.wakeUp.wait(until: deadline) || worker.isWoken { continue }
                    if state.threads > steadyThreads { return end(worker) }
                    worker.wakeUp.wait()
                }
            }
            return end(worker)
        }

        private func end(_ worker: Worker) -> Lane? {
            leave(worker)
            return nil
        }

        /// Starts one thread more whenever all have been in their lanes for long and lanes wait.
        private func supervise() {
            monitor.withLock {
                while !state.isStopped {
                    guard state.hasWork, state.idle.isEmpty, state.threads < maximumThreads else {
                        state.isSupervisorAsleep = true
                        while state.isSupervisorAsleep, !state.isStopped { supervisorWakeUp.wait() }
                        state.isSupervisorAsleep = false
                        continue
                    }
                    let now = EventLoop.now()
                    let allStuckAt = (state.busy.map(\.tookLaneAt).max() ?? 0) + Self.stuckAfter
                    if now < allStuckAt {
                        _ = supervisorWakeUp.wait(until: allStuckAt)
                    } else if !startThread() {
                        _ = supervisorWakeUp.wait(until: now + Self.pauseAfterFailure)
                    }
                }
            }
        }
    }
}
