import Glibc

/// The threads on which code may block: plugin calls, disk, name look-ups.
///
/// As many threads as cores serve jobs that do not block. Only while every thread has been in its job for 2 ms and more
/// jobs wait is another one started, so that the number of threads is that of the calls that block at one moment. A
/// thread beyond the number of cores ends after some idle seconds.
public final class BlockingPool: Sendable {
    private let core: Core

    /// - Parameters:
    ///   - name: in the names of the threads: `kc-lane-0` for `kc-lane`.
    ///   - maximumThreads: beyond which jobs wait.
    public convenience init(name: String, maximumThreads: Int = 512) {
        self.init(
            name: name, maximumThreads: maximumThreads, steadyThreads: sysconf(Int32(_SC_NPROCESSORS_ONLN)),
            idleLifetime: 5_000_000_000)
    }

    init(name: String, maximumThreads: Int, steadyThreads: Int, idleLifetime: UInt64) {
        core = Core(
            name: name, steadyThreads: max(1, min(steadyThreads, maximumThreads)),
            maximumThreads: max(1, maximumThreads), idleLifetime: idleLifetime)
    }

    deinit { core.stop() }

    /// A new serial queue on this pool, which refuses jobs once the pool is stopped or gone. Any thread.
    public func makeLane(_ name: String) -> Lane {
        Lane(name: name, pool: core)
    }

    /// Threads that take jobs now; abandoned ones are not among them.
    public var threadCount: Int { core.counts.threads }

    /// Threads whose lane was abandoned while they ran a job that has not returned.
    public var abandonedThreadCount: Int { core.counts.abandoned }

    /// Drops all jobs that wait and refuses new ones. Threads end as soon as their job returns; nobody waits for them.
    public func stop() { core.stop() }
}
