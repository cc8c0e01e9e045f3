import Glibc

/// Bytes put one after the other into memory that is used again.
final class ByteGatherer {
    private var base: UnsafeMutablePointer<UInt8>
    private var capacity = 64 << 10
    private(set) var count = 0

    init() { base = .allocate(capacity: capacity) }

    deinit { base.deallocate() }

    /// All of them, valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    func removeAll() { count = 0 }

    func append(_ byte: UInt8) {
        if count == capacity { grow(by: 1) }
        base[count] = byte
        count += 1
    }

    func append(_ start: UnsafePointer<UInt8>?, count added: Int) {
        guard let start, added > 0 else { return }
        if added > capacity - count { grow(by: added) }
        memcpy(base + count, start, added)
        count += added
    }

    private func grow(by added: Int) {
        capacity = max(2 * capacity, count + added)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        memcpy(larger, base, count)
        base.deallocate()
        base = larger
    }
}
