internal import Glibc
internal import Synchronization

/// Memory for record batches and decompressed records, recycled among the batches of one producer or consumer.
///
/// `bytesInUse` counts what buffers outside the pool hold; it changes whenever one is taken, grows or comes back, which is
/// once a batch and not once a record. Safe on any thread.
public final class RecordBufferPool: Sendable {
    /// A free stretch of memory. It is owned by the pool alone, whose mutex guards the list that it stands in.
    private struct Free: @unchecked Sendable {
        let address: UnsafeMutableRawPointer
        let capacity: Int
    }

    private struct State {
        var free: [Free] = []
        var freeBytes = 0
    }

    private let state = Mutex(State())
    private let inUse = Atomic<Int>(0)
    private let keptBytes: Int

    /// A pool that keeps at most `keptBytes` bytes of free memory for the next batch.
    public init(keptBytes: Int = 8 << 20) { self.keptBytes = keptBytes }

    deinit {
        state.withLock { state in
            for free in state.free { Glibc.free(free.address) }
        }
    }

    /// How many bytes buffers that are in use hold.
    public var bytesInUse: Int { inUse.load(ordering: .relaxed) }

    /// Gives back to the system what is kept for the next batch.
    public func trim() {
        let unused = state.withLock { state in
            defer { state = State() }
            return state.free
        }
        for free in unused { Glibc.free(free.address) }
    }

    /// The smallest free memory of at least `capacity` bytes, else new; nil where the system has no more.
    func take(_ capacity: Int) -> (address: UnsafeMutableRawPointer, capacity: Int)? {
        let recycled: Free? = state.withLock { state in
            var best: Int?
            for (index, free) in state.free.enumerated() where free.capacity >= capacity {
                if let other = best, state.free[other].capacity <= free.capacity { continue }
                best = index
            }
            guard let best else { return nil }
            let found = state.free[best]
            if let last = state.free.popLast(), best < state.free.count { state.free[best] = last }
            state.freeBytes -= found.capacity
            return found
        }
        if let recycled {
            inUse.add(recycled.capacity, ordering: .relaxed)
            return (recycled.address, recycled.capacity)
        }
        guard let new = realloc(nil, capacity) else { return nil }
        inUse.add(capacity, ordering: .relaxed)
        return (new, capacity)
    }

    /// Moves the content into larger memory, which costs no copy where the kernel can move pages. Nil where the system has no
    /// more: the content stays where it is then.
    func grow(_ address: UnsafeMutableRawPointer, from old: Int, to new: Int) -> UnsafeMutableRawPointer? {
        guard let moved = realloc(address, new) else { return nil }
        inUse.add(new - old, ordering: .relaxed)
        return moved
    }

    func give(_ address: UnsafeMutableRawPointer, _ capacity: Int) {
        inUse.subtract(capacity, ordering: .relaxed)
        let kept = state.withLock { state in
            guard state.freeBytes + capacity <= keptBytes else { return false }
            state.free.append(Free(address: address, capacity: capacity))
            state.freeBytes += capacity
            return true
        }
        if !kept { Glibc.free(address) }
    }
}

/// One growing stretch of memory from a pool; it goes back when the last reference goes.
///
/// The unchecked conformance is sound because a buffer has one writer at a time: a builder or decompressor until it hands the
/// buffer on, and nobody but the batch that took it over afterwards.
public final class RecordBuffer: @unchecked Sendable {
    private let pool: RecordBufferPool
    /// Where the bytes are; changes when the buffer grows.
    public private(set) var address: UnsafeMutableRawPointer
    /// How many bytes there is room for.
    public private(set) var capacity: Int
    /// How many bytes hold something.
    public internal(set) var count = 0

    /// Takes memory of at least `capacity` bytes; nil where the system has no more.
    public init?(pool: RecordBufferPool, capacity: Int) {
        guard let memory = pool.take(capacity) else { return nil }
        self.pool = pool
        (address, self.capacity) = memory
    }

    /// A buffer to begin with, of a size for which the whole program has to end when there is no memory.
    init(pool: RecordBufferPool, small capacity: Int) {
        guard let memory = pool.take(capacity) else { preconditionFailure("no memory for \(capacity) bytes") }
        self.pool = pool
        (address, self.capacity) = memory
    }

    deinit { pool.give(address, capacity) }

    /// The bytes that hold something.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: address, count: count) }

    /// Makes room for at least `wanted` bytes, at most doubling where that is enough. The address may change.
    ///
    /// - Returns: false where the system has no more memory; everything is as it was then.
    func reserve(_ wanted: Int) -> Bool {
        guard wanted > capacity else { return true }
        let larger = max(wanted, 2 * capacity)
        guard let moved = pool.grow(address, from: capacity, to: larger) else { return false }
        address = moved
        capacity = larger
        return true
    }

    /// Adds bytes behind those that are there, for which room was made.
    func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress else { return }
        precondition(count + more.count <= capacity)
        memcpy(address + count, source, more.count)
        count += more.count
    }
}
