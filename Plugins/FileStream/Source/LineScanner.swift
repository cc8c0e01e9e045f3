import Glibc

/// Finds lines in bytes that grow at their end. Pure: sees memory only, and never the same byte twice.
///
/// A line ends with `\n`, `\r\n` or a lone `\r`. A `\r` that is the last byte so far waits for the next one.
struct LineScanner {
    /// A line without its end, as indices.
    struct Line: Equatable {
        var start: Int
        var end: Int
    }

    /// First byte of the line that is not complete yet.
    private(set) var start = 0
    /// End of the bytes there are.
    private(set) var end = 0
    /// From `start` to here there is no line end.
    private var clean = 0
    /// The next `\r` at or after `clean`, or `returnsKnownTo` when there is none before that.
    private var nextReturn = 0
    private var returnsKnownTo = 0

    /// Tells of more bytes at the end.
    mutating func extend(by count: Int) { end += count }

    /// Tells that all bytes moved towards the beginning.
    mutating func shift(by count: Int) {
        start -= count
        end -= count
        clean -= count
        nextReturn -= count
        returnsKnownTo -= count
    }

    /// Takes the next complete line; nil when there is none yet.
    ///
    /// - Parameter base: address of index 0; valid up to `end`.
    mutating func next(_ base: UnsafePointer<UInt8>) -> Line? {
        let newline = LineScanner.find(0x0a, base, clean, end) ?? end
        if nextReturn < clean || nextReturn == returnsKnownTo { findReturn(base) }
        guard nextReturn >= newline else { return endAtReturn(base) }
        guard newline < end else {
            clean = end
            return nil
        }
        defer { begin(at: newline + 1) }
        return Line(start: start, end: newline)
    }

    /// Takes what there is as a last line without an end; nil when there is nothing.
    mutating func takeRest() -> Line? {
        guard start < end else { return nil }
        // A lone `\r` at the very end was waiting for a `\n` that will never come.
        let line = Line(start: start, end: nextReturn == end - 1 ? end - 1 : end)
        begin(at: end)
        return line
    }

    /// Bytes of the line that is not complete yet.
    var heldBytes: Int { end - start }

    private mutating func endAtReturn(_ base: UnsafePointer<UInt8>) -> Line? {
        let place = nextReturn
        guard place + 1 < end else {
            clean = place
            return nil
        }
        defer { begin(at: base[place + 1] == 0x0a ? place + 2 : place + 1) }
        return Line(start: start, end: place)
    }

    private mutating func begin(at index: Int) {
        start = index
        clean = index
    }

    private mutating func findReturn(_ base: UnsafePointer<UInt8>) {
        let from = max(clean, min(nextReturn, returnsKnownTo))
        if let found = LineScanner.find(0x0d, base, from, end) {
            nextReturn = found
            returnsKnownTo = found + 1
        } else {
            nextReturn = end
            returnsKnownTo = end
        }
    }

    private static func find(_ byte: Int32, _ base: UnsafePointer<UInt8>, _ from: Int, _ to: Int) -> Int? {
        guard from < to, let found = memchr(base + from, byte, to - from) else { return nil }
        return UnsafeRawPointer(found) - UnsafeRawPointer(base)
    }
}
