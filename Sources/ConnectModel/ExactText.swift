/// A text as a key, told apart and put in order as Java's strings are: by its characters as they were written.
///
/// To Swift's `String`, `é` as one character and as `e` with an accent are the same text. To Kafka and to Apache's worker they are
/// two connectors, and a worker that took them for one would run one of them and lose the other.
public struct ExactText: Sendable, Hashable, Comparable, CustomStringConvertible {
    public let text: String

    /// A key.
    public init(_ text: String) { self.text = text }

    public var description: String { text }

    public static func == (left: ExactText, right: ExactText) -> Bool { left.text.isExactly(right.text) }

    public static func < (left: ExactText, right: ExactText) -> Bool { left.text.precedesExactly(right.text) }

    public func hash(into hasher: inout Hasher) { text.hashExactly(into: &hasher) }
}

extension String {
    /// Whether both have the same characters, written the same way.
    public func isExactly(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    /// Whether this comes first in the order of Java's `String.compareTo`, that of UTF-16.
    public func precedesExactly(_ other: String) -> Bool {
        utf8.lexicographicallyPrecedes(other.utf8) { Self.rank($0) < Self.rank($1) }
    }

    /// What ``isExactly(_:)`` tells apart is hashed differently.
    func hashExactly(into hasher: inout Hasher) {
        let isHashed: Void? = utf8.withContiguousStorageIfAvailable { bytes in
            hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
        }
        if isHashed == nil { for byte in utf8 { hasher.combine(byte) } }
        // As a terminator: no UTF-8 has it.
        hasher.combine(0xFF as UInt8)
    }

    /// The order of UTF-8 is that of UTF-16 but for one thing: what takes four bytes, and there two surrogates from U+D800 on, stands
    /// before U+E000 and what follows, which begin with 0xEE and 0xEF.
    private static func rank(_ byte: UInt8) -> UInt8 { byte == 0xEE || byte == 0xEF ? byte + 0x10 : byte }
}
