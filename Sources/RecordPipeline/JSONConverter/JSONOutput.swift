import ConnectModel
import JSON

/// Growing raw memory that JSON is written to, value after value, kept from batch to batch.
///
/// Confined to one lane. Writing moves the memory, so positions are kept as offsets until a batch is done.
final class JSONOutput {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init() {
        capacity = 64 << 10
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    func reset() {
        count = 0
        // A batch of huge records must not keep its memory for good.
        if capacity > 16 << 20 {
            base.deallocate()
            capacity = 64 << 10
            base = .allocate(byteCount: capacity, alignment: 16)
        }
    }

    /// Forgets everything behind an offset: what a failed record left.
    func truncate(to offset: Int) { count = min(count, max(offset, 0)) }

    private func reserve(_ more: Int) {
        guard capacity - count < more else { return }
        let grown = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = moved
        capacity = grown
    }

    func byte(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    func raw(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    func raw(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func raw(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    /// A JSON string with its quotes.
    func string(_ text: UnsafeRawBufferPointer) {
        byte(UInt8(ascii: "\""))
        if let start = text.baseAddress, text.count > 0 {
            // Room for text without escapes first: nearly all of it.
            reserve(text.count + 8)
            if let written = JSONText.escape(
                from: start, count: text.count, into: base + count, capacity: capacity - count)
            {
                count += written
            } else {
                reserve(JSONText.escapedCapacity(for: text.count))
                count +=
                    JSONText.escape(from: start, count: text.count, into: base + count, capacity: capacity - count) ?? 0
            }
        }
        byte(UInt8(ascii: "\""))
    }

    func string(_ text: String) {
        var text = text
        text.withUTF8 { string(UnsafeRawBufferPointer($0)) }
    }

    func base64(_ bytes: UnsafeRawBufferPointer) {
        byte(UInt8(ascii: "\""))
        let room = Base64.encodedCount(bytes.count)
        reserve(room)
        count += Base64.encode(bytes, into: UnsafeMutableRawBufferPointer(start: base + count, count: room))
        byte(UInt8(ascii: "\""))
    }

    func integer(_ value: Int64) {
        reserve(20)
        var digits = value.magnitude
        var length = 0
        if value < 0 { byte(UInt8(ascii: "-")) }
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { scratch in
            repeat {
                length += 1
                scratch[20 - length] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digits % 10)
                digits /= 10
            } while digits > 0
            append(UnsafeRawBufferPointer(rebasing: scratch[(20 - length)...]))
        }
    }

    /// A number as Jackson writes a double or float: Java's spelling, quoted when it is not finite.
    func floating(_ spelling: String, isFinite: Bool) {
        if isFinite { raw(spelling) } else { string(spelling) }
    }
}
