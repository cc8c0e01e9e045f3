/// A running fingerprint of what a simulation did (FNV-1a over 64-bit words): equal in every process for equal runs.
package struct Digest: Sendable, Equatable, CustomStringConvertible {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    /// Takes in a word.
    package mutating func add(_ word: UInt64) {
        state = (state ^ word) &* 0x0000_0100_0000_01b3
        state ^= state >> 29
    }

    /// Takes in a signed number.
    package mutating func add(_ number: Int) { add(UInt64(bitPattern: Int64(number))) }

    /// The fingerprint.
    package var value: UInt64 { state }

    /// Sixteen hexadecimal digits.
    package var description: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
