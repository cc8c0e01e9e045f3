import Glibc
import Logging

extension BlockingPool {
    /// What the threads of a pool share. Apart from the pool, so that threads do not keep the pool itself alive.
    final class Core: Sendable {
        private struct State {
            var queues: LaneQueues
            var owners: [String: WeakOwner] = [:]
            /// At how many owners those without a lane are cleared away.
            var ownersLimit = 64
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
            /// Lanes wait since their kind has all the threads that it may have.
            var isShort = false
            /// The shortage was logged.
            var saidShort = false
            var lastWarning: UInt64 = 0

            var threads: Int { idle.count + busy.count }
        }

        private struct WeakOwner {
            weak var owner: LaneOwner?
        }

        /// What is to be logged once the monitor is free.
        private enum Note {
            case short(LaneKind, taken: Int, waiting: Int, longest: [String])
            case over
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
        /// A shortage that comes and goes is told once in this time.
        private static let warningInterval: UInt64 = 60_000_000_000
        private static let log = Logger("connect.pool")

        private let name: String
        private let steadyThreads: Int
        private let maximumThreads: Int
        private let idleLifetime: UInt64
        private let monitor = Monitor()
        private let supervisorWakeUp: Monitor.Condition
        /// Guarded by `monitor`.
        nonisolated(unsafe) private var state: State

        /// - Parameter limits: with `owners`, see ``LaneQueues``; its last and `owners` are how many threads there may be at all.
        init(name: String, steadyThreads: Int, limits: [Int], owners: Int, idleLifetime: UInt64) {
            self.name = name
            self.steadyThreads = steadyThreads
            maximumThreads = (limits.last ?? 1) + owners
            self.idleLifetime = idleLifetime
            state = State(queues: LaneQueues(limits: limits, owners: owners))
            supervisorWakeUp = Monitor.Condition(monitor)
        }

        var counts: (threads: Int, abandoned: Int) {
            monitor.withLock { (state.threads, state.abandoned) }
        }

        /// How many lanes wait for lack of threads; 0 while there are enough.
        var heldUp: Int {
            monitor.withLock { state.queues.heldUpCount }
        }

        /// The owner of that name, which lives as long as lanes of it.
        func owner(_ name: String) -> LaneOwner {
            monitor.withLock {
                if let owner = state.owners[name]?.owner { return owner }
                if state.owners.count >= state.ownersLimit {
                    state.owners = state.owners.filter { $0.value.owner != nil }
                    state.ownersLimit = max(64, state.owners.count * 2)
                }
                let owner = LaneOwner()
                state.owners[name] = WeakOwner(owner: owner)
                return owner
            }
        }

        /// Queues a lane that has jobs; false where the pool has stopped.
        func schedule(_ lane: Lane) -> Bool {
            let (isAccepted, note) = monitor.withLock {
                guard !state.isStopped else { return (false, Note?.none) }
                state.queues.append(lane)
                callForThread()
                return (true, noteShortage())
            }
            if let note { log(note) }
            if !isAccepted { lane.close() }
            return isAccepted
        }

        /// Parts with the thread that runs a job of `lane`.
        func giveUp(_ lane: Lane) {
            monitor.withLock {
                guard let index = state.busy.firstIndex(where: { $0.lane === lane }) else { return }
                let worker = state.busy.remove(at: index)
                worker.isAbandoned = true
                state.queues.left(lane)
                state.abandoned += 1
                // Alive: it needs the monitor before it can end.
                NativeThread.rename(worker.thread, "kc-abandoned")
                callForThread()
            }
        }

        func stop() {
            let dropped = monitor.withLock {
                state.isStopped = true
                for worker in state.idle { wake(worker) }
                state.idle = []
                supervisorWakeUp.signal()
                return state.queues.removeAll()
            }
            for lane in dropped { lane.close() }
        }

        // MARK: With the monitor held

        /// There may be work: wakes a thread, starts one, or has the supervisor watch those that are busy.
        private func callForThread() {
            guard state.queues.hasRunnable else { return }
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

        private func noteShortage() -> Note? {
            guard let kind = state.queues.heldUp else {
                guard state.isShort else { return nil }
                state.isShort = false
                defer { state.saidShort = false }
                return state.saidShort ? .over : nil
            }
            guard !state.isShort else { return nil }
            state.isShort = true
            let now = EventLoop.now()
            guard state.lastWarning == 0 || now - state.lastWarning >= Self.warningInterval else { return nil }
            state.lastWarning = now
            state.saidShort = true
            let longest = state.busy.filter { ($0.lane?.kind.rawValue ?? .max) <= kind.rawValue }
                .sorted { $0.tookLaneAt < $1.tookLaneAt }.prefix(3).compactMap { $0.lane?.name }
            return .short(
                kind, taken: state.queues.running(upTo: kind), waiting: state.queues.waiting(kind), longest: longest)
        }

        private func leave(_ worker: Worker) {
            state.busy.removeAll { $0 === worker }
            state.idle.removeAll { $0 === worker }
        }

        // MARK: Threads

        private func serve(_ worker: Worker) {
            while true {
                let (next, note) = monitor.withLock { (nextLane(for: worker), noteShortage()) }
                if let note { log(note) }
                guard let lane = next else { return }
                let hasMore = lane.run(slice: Self.slice)
                let (isAbandoned, isStopped) = monitor.withLock {
                    worker.lane = nil
                    if worker.isAbandoned { state.abandoned -= 1 } else { state.queues.left(lane) }
                    if hasMore, !state.isStopped { state.queues.append(lane) }
                    return (worker.isAbandoned, state.isStopped)
                }
                if hasMore, isStopped { lane.close() }
                if isAbandoned { return }
            }
        }

        /// Waits, with the monitor held, until there is a lane for `worker`; nil where its thread has to end.
        private func nextLane(for worker: Worker) -> Lane? {
            while !state.isStopped {
                if let lane = state.queues.take() {
                    worker.lane = lane
                    worker.tookLaneAt = EventLoop.now()
                    // Nobody was called for lanes that had to wait for their kind.
                    if state.isShort { callForThread() }
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
                    guard state.queues.hasRunnable, state.idle.isEmpty, state.threads < maximumThreads else {
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

        private func log(_ note: Note) {
            switch note {
            case .short(let kind, let taken, let waiting, let longest):
                let whose = kind == .worker ? "" : " that calls of plugins may have"
                Self.log.warning(
                    "All \(taken) threads\(whose) are taken by calls that block, \(waiting) more wait; blocked longest: "
                        + longest.joined(separator: ", "))
            case .over:
                Self.log.info("There are enough threads for calls of plugins again")
            }
        }
    }
}
