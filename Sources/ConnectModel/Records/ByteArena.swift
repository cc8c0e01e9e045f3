/// A bump allocator for what a batch needs for its own time: converted bytes, values that a transform made.
///
/// Confined to one lane. ``reset()`` gives everything back at once and keeps the largest block, so that a steady flow
/// allocates nothing. Addresses stay valid until ``reset()``; a block is never moved.
public final class ByteArena {
    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var used = 0
    /// Owners of memory that values of the arena refer to.
    private var kept: [AnyObject] = []
    /// Bytes that all blocks hold together: what this arena costs.
    public private(set) var capacity = 0

    /// An empty arena; memory comes with the first request.
    public init() {}

    deinit {
        for block in blocks { block.deallocate() }
    }

    /// Room for `count` bytes, aligned to 16. Contents are undefined.
    ///
    /// - Parameter count: at least 0; the caller has bounded it.
    public func allocate(_ count: Int) -> UnsafeMutableRawPointer {
        let rounded = (max(count, 1) + 15) & ~15
        if let last = blocks.last, let base = last.baseAddress, last.count - used >= rounded {
            defer { used += rounded }
            return base + used
        }
        return allocateBlock(rounded)
    }

    /// Lets an object live until the next ``reset()``: values that borrow from it may stand among those of the arena.
    public func keep(_ owner: AnyObject) {
        if kept.last !== owner { kept.append(owner) }
    }

    /// Gives everything back. The largest block is kept.
    public func reset() {
        if !kept.isEmpty { kept.removeAll() }
        if blocks.count > 1 {
            let largest = blocks.indices.max { blocks[$0].count < blocks[$1].count } ?? 0
            let kept = blocks[largest]
            for index in blocks.indices where index != largest { blocks[index].deallocate() }
            blocks.removeAll(keepingCapacity: true)
            blocks.append(kept)
            capacity = kept.count
        }
        used = 0
    }

    private func allocateBlock(_ rounded: Int) -> UnsafeMutableRawPointer {
        let size = max(rounded, max(64 << 10, min(2 * (blocks.last?.count ?? 0), 8 << 20)))
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 16)
        blocks.append(block)
        capacity += size
        used = rounded
        return UnsafeMutableRawPointer(block.baseAddress.unsafelyUnwrapped)
    }
}
