import Glibc

/// The threads on which code may block: plugin calls, disk, name look-ups.
///
/// As many threads as cores serve jobs that do not block. Only while every thread has been in its job for 2 ms and more
/// jobs wait is another one started, so that the number of threads is that of the calls that block at one moment. A
/// thread beyond the number of cores ends after some idle seconds.
///
/// Tasks can take `maximumThreads` of them and no more: some above that are kept for interrupts, for connectors and for
/// the worker itself, so that a connector all of whose tasks block cannot stop the worker. Nor can it stop the others:
/// lanes with an owner of whose lanes none has a thread get one of a number that is kept for that. A shortage is logged.
public final class BlockingPool: Sendable {
    private let core: Core

    /// - Parameters:
    ///   - name: in the names of the threads: `kc-lane-0` for `kc-lane`.
    ///   - maximumThreads: beyond which jobs of tasks wait.
    public convenience init(name: String, maximumThreads: Int = 512) {
        self.init(
            name: name, maximumThreads: maximumThreads, steadyThreads: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            idleLifetime: 5_000_000_000, reserves: [.interrupt: 32, .connector: 128, .worker: 32], owners: 512)
    }

    /// - Parameters:
    ///   - reserves: threads beyond `maximumThreads` that only lanes of that kind and of higher ones can take.
    ///   - owners: threads beyond all those, for lanes whose owner has none.
    init(
        name: String, maximumThreads: Int, steadyThreads: Int, idleLifetime: UInt64,
        reserves: [LaneKind: Int] = [:], owners: Int = 0
    ) {
        let maximum = max(1, maximumThreads)
        var limits: [Int] = []
        for kind in LaneKind.allCases { limits.append((limits.last ?? maximum) + (reserves[kind] ?? 0)) }
        core = Core(
            name: name, steadyThreads: max(1, min(steadyThreads, maximum)), limits: limits, owners: owners,
            idleLifetime: idleLifetime)
    }

    deinit { core.stop() }

    /// A new serial queue on this pool, which refuses jobs once the pool is stopped or gone. Any thread.
    ///
    /// - Parameters:
    ///   - kind: whom it works for, which says how many threads it leaves to others.
    ///   - owner: the name of what it belongs to together with other lanes, its connector.
    public func makeLane(_ name: String, for kind: LaneKind = .task, owner: String? = nil) -> Lane {
        Lane(name: name, kind: kind, owner: owner.map { core.owner($0) }, pool: core)
    }

    /// Lanes that wait for lack of threads; 0 while there are enough.
    public var heldUpLanes: Int { core.heldUp }

    /// Threads that take jobs now; abandoned ones are not among them.
    public var threadCount: Int { core.counts.threads }

    /// Threads whose lane was abandoned while they ran a job that has not returned.
    public var abandonedThreadCount: Int { core.counts.abandoned }

    /// Drops all jobs that wait and refuses new ones. Threads end as soon as their job returns; nobody waits for them.
    public func stop() { core.stop() }
}
