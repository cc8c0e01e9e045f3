import Glibc
import Synchronization
import Testing

@testable import EventLoop

struct BlockingPoolTests {
    private static let second: UInt64 = 1_000_000_000

    /// Notes what each submitter's jobs do, and whether two were inside at once.
    private final class Probe: Sendable {
        let overlaps = Signal()
        let strangers = Signal()
        let seen = Mutex<[[Int]]>(Array(repeating: [], count: 8))
        private let inside = Atomic<Int>(0)

        func note(_ number: Int, from submitter: Int) {
            if inside.add(1, ordering: .acquiringAndReleasing).newValue != 1 { overlaps.raise() }
            seen.withLock { $0[submitter].append(number) }
            inside.subtract(1, ordering: .acquiringAndReleasing)
        }
    }

    @Test func `jobs of a lane run one at a time and in each submitter's order`() async {
        let pool = BlockingPool(name: "kc-serial", maximumThreads: 8, steadyThreads: 4, idleLifetime: Self.second)
        let lane = pool.makeLane("lane")
        let probe = Probe()
        await withTaskGroup(of: Void.self) { group in
            for submitter in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        lane.submit {
                            if !lane.isCurrent { probe.strangers.raise() }
                            probe.note(number, from: submitter)
                        }
                    }
                }
            }
        }
        eventually("all jobs ran") { probe.seen.withLock { $0.allSatisfy { $0.count == 500 } } }
        #expect(probe.seen.withLock { $0 } == Array(repeating: Array(0..<500), count: 8))
        #expect(probe.overlaps.value == 0 && probe.strangers.value == 0)
        #expect(!lane.isCurrent)
    }

    @Test func `a lane that never empties does not keep its thread from others`() {
        let pool = BlockingPool(name: "kc-fair", maximumThreads: 1, steadyThreads: 1, idleLifetime: Self.second)
        let greedy = pool.makeLane("greedy")
        let modest = pool.makeLane("modest")
        let done = Signal()
        @Sendable func again() {
            if done.value == 0 { greedy.submit { again() } }
        }
        greedy.submit { again() }
        modest.submit { done.raise() }
        eventually("the other lane has its turn") { done.value == 1 }
    }

    @Test func `the pool grows by the calls that block and shrinks afterwards`() {
        let pool = BlockingPool(
            name: "kc-grow", maximumThreads: 64, steadyThreads: 2, idleLifetime: Self.second / 20)
        let release = Signal()
        let blocked = Signal()
        for number in 0..<20 {
            pool.makeLane("lane \(number)").submit {
                blocked.raise()
                release.wait()
            }
        }
        eventually("all twenty block at once") { blocked.value == 20 }
        // One more may have been started while the last job was on its way to its thread.
        #expect((20...22).contains(threadNames(startingWith: "kc-grow-").count))
        let quick = Signal()
        pool.makeLane("quick").submit { quick.raise() }
        eventually("another job still runs") { quick.value == 1 }
        release.raise()
        eventually("it shrinks to its steady size") { pool.threadCount == 2 }
        eventually("the threads are gone") { threadNames(startingWith: "kc-grow-").count == 2 }
    }

    @Test func `jobs that do not block need no more than the steady threads`() {
        let pool = BlockingPool(name: "kc-steady", maximumThreads: 64, steadyThreads: 2, idleLifetime: Self.second)
        let ran = Signal()
        let lanes = (0..<50).map { pool.makeLane("lane \($0)") }
        for _ in 0..<20 {
            for lane in lanes { lane.submit { ran.raise() } }
        }
        eventually("all ran") { ran.value == 1000 }
        // A machine under load can stop a thread inside a job for long enough to be taken for blocked.
        #expect(pool.threadCount <= 4)
    }

    @Test func `jobs wait at the limit of threads and lose nothing`() {
        let pool = BlockingPool(name: "kc-limit", maximumThreads: 3, steadyThreads: 1, idleLifetime: Self.second)
        let release = Signal()
        let ran = Signal()
        for number in 0..<10 {
            pool.makeLane("lane \(number)").submit {
                release.wait()
                ran.raise()
            }
        }
        eventually("the limit is reached") { pool.threadCount == 3 }
        release.raise()
        eventually("all ten ran") { ran.value == 10 }
        #expect(pool.threadCount <= 3)
    }

    @Test func `an abandoned lane keeps its thread and the pool goes on with another`() {
        let pool = BlockingPool(name: "kc-leave", maximumThreads: 1, steadyThreads: 1, idleLifetime: Self.second)
        let hung = pool.makeLane("hung")
        let release = Signal()
        let entered = Signal()
        let dropped = Signal()
        hung.submit {
            entered.raise()
            release.wait()
        }
        hung.submit { dropped.raise() }
        eventually("the job hangs") { entered.value == 1 }
        #expect(hung.runningSince != nil)
        let other = Signal()
        pool.makeLane("other").submit { other.raise() }
        hung.abandon()
        eventually("the next lane runs although one thread is the limit") { other.value == 1 }
        #expect(pool.abandonedThreadCount == 1)
        // Other tests of this process abandon lanes too.
        #expect(!threadNames(startingWith: "kc-abandoned").isEmpty)
        #expect(!hung.submit { dropped.raise() })
        hung.abandon()
        release.raise()
        eventually("the thread ends once the job returns") { pool.abandonedThreadCount == 0 }
        #expect(dropped.value == 0)
        #expect(hung.runningSince == nil)
        #expect(pool.threadCount == 1)
    }

    @Test func `abandoning an idle lane costs no thread`() {
        let pool = BlockingPool(name: "kc-idle", maximumThreads: 2, steadyThreads: 1, idleLifetime: Self.second)
        let lane = pool.makeLane("lane")
        let ran = Signal()
        lane.submit { ran.raise() }
        eventually("its job ran") { ran.value == 1 && lane.runningSince == nil }
        lane.abandon()
        #expect(!lane.submit { ran.raise() })
        #expect(pool.abandonedThreadCount == 0)
    }

    @Test func `a stopped pool drops its jobs and its threads end`() {
        let pool = BlockingPool(name: "kc-stop", maximumThreads: 1, steadyThreads: 1, idleLifetime: Self.second)
        let release = Signal()
        let entered = Signal()
        let late = Signal()
        pool.makeLane("a").submit {
            entered.raise()
            release.wait()
        }
        eventually("the job runs") { entered.value == 1 }
        let queued = pool.makeLane("b")
        queued.submit { late.raise() }
        pool.stop()
        #expect(!queued.submit { late.raise() })
        #expect(!pool.makeLane("c").submit { late.raise() })
        release.raise()
        eventually("its threads end") { threadNames(startingWith: "kc-stop").isEmpty }
        #expect(late.value == 0)
    }

    @Test func `tasks that block leave threads to interrupts, connectors and the worker`() {
        let pool = BlockingPool(
            name: "kc-reserve", maximumThreads: 3, steadyThreads: 2, idleLifetime: Self.second,
            reserves: [.interrupt: 1, .connector: 1, .worker: 1])
        let release = Signal()
        let blocked = Signal()
        for kind in [LaneKind.task, .task, .task, .task, .interrupt, .interrupt, .connector, .connector] {
            pool.makeLane("\(kind)", for: kind).submit {
                blocked.raise()
                release.wait()
            }
        }
        eventually("as many block as may, the worker's thread not among them") { blocked.value == 5 }
        #expect(pool.heldUpLanes == 3)
        let worker = pool.makeLane("worker", for: .worker)
        let ran = Signal()
        for round in 1...3 {
            worker.submit { ran.raise() }
            eventually("the worker's own work is done") { ran.value == round }
        }
        #expect(blocked.value == 5 && pool.threadCount <= 6)
        release.raise()
        eventually("all of them ran in the end") { blocked.value == 8 && pool.heldUpLanes == 0 }
    }

    @Test func `a task's lane that is abandoned gives its place to one that waits`() {
        let pool = BlockingPool(
            name: "kc-place", maximumThreads: 1, steadyThreads: 1, idleLifetime: Self.second, reserves: [.worker: 1])
        let release = Signal()
        let ran = Signal()
        let hung = pool.makeLane("hung")
        let entered = Signal()
        hung.submit {
            entered.raise()
            release.wait()
        }
        eventually("it hangs") { entered.value == 1 }
        pool.makeLane("next").submit { ran.raise() }
        #expect(pool.heldUpLanes == 1)
        hung.abandon()
        eventually("the next one runs") { ran.value == 1 }
        release.raise()
        eventually("and the thread is gone") { pool.abandonedThreadCount == 0 }
        #expect(pool.heldUpLanes == 0)
    }

    @Test func `an owner whose lanes have all the threads there are leaves one to each other owner`() {
        let pool = BlockingPool(
            name: "kc-owners", maximumThreads: 3, steadyThreads: 1, idleLifetime: Self.second, owners: 2)
        let release = Signal()
        let blocked = Signal()
        for number in 0..<6 {
            pool.makeLane("bad-\(number)", owner: "bad").submit {
                blocked.raise()
                release.wait()
            }
        }
        eventually("as many block as may") { blocked.value == 3 }
        #expect(pool.heldUpLanes == 3)
        let good = pool.makeLane("good", owner: "good")
        let ran = Signal()
        for round in 1...3 {
            good.submit { ran.raise() }
            eventually("the other owner's lane runs") { ran.value == round }
        }
        // Two more owners that block take the two threads there are for owners, and give them back.
        for number in 0..<2 {
            for lane in 0..<2 {
                pool.makeLane("worse-\(number)-\(lane)", owner: "worse-\(number)").submit {
                    blocked.raise()
                    release.wait()
                }
            }
        }
        eventually("one lane of each blocks") { blocked.value == 5 }
        good.submit { ran.raise() }
        eventually("all others wait") { pool.heldUpLanes == 6 }
        #expect(blocked.value == 5 && ran.value == 3)
        release.raise()
        eventually("all of them ran in the end") { blocked.value == 10 && ran.value == 4 && pool.heldUpLanes == 0 }
        good.submit { ran.raise() }
        eventually("and owners' threads are free again") { ran.value == 5 }
    }

    @Test func `an idle pool has no thread`() {
        let pool = BlockingPool(name: "kc-none", maximumThreads: 4)
        _ = pool.makeLane("lane")
        #expect(pool.threadCount == 0)
        #expect(threadNames(startingWith: "kc-none").isEmpty)
    }
}
