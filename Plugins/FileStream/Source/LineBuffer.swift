import Glibc
import PluginKit

/// A block of a file's bytes with the lines in it. Records point into it, so that it is not changed while any is out.
///
/// Confined to its task.
final class LineBuffer {
    let base: UnsafeMutablePointer<UInt8>
    let capacity: Int
    var scanner = LineScanner()
    /// Position in the file of the byte at `base`.
    private(set) var origin: Int64
    /// Batches that point into this block.
    var lentBatches = 0
    /// First byte that is not ASCII, or beyond every byte.
    private(set) var firstForeign = Int.max
    /// Repaired lines that records point to.
    private var repairs: [UnsafeMutablePointer<UInt8>] = []

    init(capacity: Int, origin: Int64) {
        self.capacity = capacity
        self.origin = origin
        base = .allocate(capacity: capacity)
    }

    deinit {
        dropRepairs()
        base.deallocate()
    }

    /// Bytes that can still be read into this block.
    var room: Int { capacity - scanner.end }
    /// Position of the next byte to read.
    var readPosition: Int64 { origin + Int64(scanner.end) }
    /// Position after the last complete line that was taken.
    var position: Int64 { origin + Int64(scanner.start) }

    /// Starts over, at another place of the file. Not while lent.
    func reset(to origin: Int64) {
        scanner = LineScanner()
        self.origin = origin
        firstForeign = .max
        dropRepairs()
    }

    /// Takes note of bytes that were read to the end.
    func accept(_ count: Int) {
        let from = scanner.end
        scanner.extend(by: count)
        guard firstForeign == .max else { return }
        let clean = UTF8Check.asciiPrefix(base + from, count: count)
        if clean < count { firstForeign = from + clean }
    }

    /// Moves the incomplete line to the beginning. Not while lent.
    func compact() {
        let count = scanner.start
        guard count > 0 else { return }
        memmove(base, base + count, scanner.heldBytes)
        scanner.shift(by: count)
        origin += Int64(count)
        if firstForeign != .max { forgetForeign() }
        dropRepairs()
    }

    /// Takes the incomplete line over from another block. Not while lent.
    func takeHeldBytes(of other: LineBuffer) {
        reset(to: other.position)
        let count = other.scanner.heldBytes
        memcpy(base, other.base + other.scanner.start, count)
        accept(count)
    }

    /// The bytes of a line as well-formed UTF-8: in place, or repaired when they are not.
    func text(of line: LineScanner.Line) -> (start: UnsafePointer<UInt8>, count: Int) {
        let start = UnsafePointer(base + line.start)
        let count = line.end - line.start
        if line.end <= firstForeign || UTF8Check.isValid(start, count: count) { return (start, count) }
        let repaired = JavaDecoding.repaired(UnsafeBufferPointer(start: start, count: count))
        let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(repaired.count, 1))
        for (index, byte) in repaired.enumerated() { copy[index] = byte }
        repairs.append(copy)
        return (UnsafePointer(copy), repaired.count)
    }

    private func forgetForeign() {
        let clean = UTF8Check.asciiPrefix(base, count: scanner.end)
        firstForeign = clean < scanner.end ? clean : .max
    }

    private func dropRepairs() {
        for repair in repairs { repair.deallocate() }
        repairs.removeAll(keepingCapacity: true)
    }
}
