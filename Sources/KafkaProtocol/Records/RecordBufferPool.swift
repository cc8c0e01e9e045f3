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

    /// The smallest free memory of at least `capacity` bytes, else new.
    func take(_ capacity: Int) -> (address: UnsafeMutableRawPointer, capacity: Int) {
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
        inUse.add(capacity, ordering: .relaxed)
        return (allocate(nil, capacity), capacity)
    }

    /// Moves the content into larger memory, which costs no copy where the kernel can move pages.
    func grow(_ address: UnsafeMutableRawPointer, from old: Int, to new: Int) -> UnsafeMutableRawPointer {
        inUse.add(new - old, ordering: .relaxed)
        return allocate(address, new)
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

    private func allocate(_ address: UnsafeMutableRawPointer?, _ capacity: Int) -> UnsafeMutableRawPointer {
        guard let moved = realloc(address, capacity) else { preconditionFailure("out of memory") }
        return moved
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

    /// Takes memory of at least `capacity` bytes.
    public init(pool: RecordBufferPool, capacity: Int) {
        self.pool = pool
        (address, self.capacity) = pool.take(capacity)
    }

    deinit { pool.give(address, capacity) }

    /// The bytes that hold something.
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: address, count: count) }

    /// Makes room for at least `wanted` bytes, at most doubling where that is enough. The address may change.
    func reserve(_ wanted: Int) {
        guard wanted > capacity else { return }
        let larger = max(wanted, 2 * capacity)
        address = pool.grow(address, from: capacity, to: larger)
        capacity = larger
    }

    /// Adds bytes behind those that are there.
    func append(_ more: UnsafeRawBufferPointer) {
        guard let source = more.baseAddress else { return }
        reserve(count + more.count)
        memcpy(address + count, source, more.count)
        count += more.count
    }
}
