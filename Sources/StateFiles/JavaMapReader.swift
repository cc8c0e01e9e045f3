/// Reads one shape of Java's serialised objects and nothing else: a `HashMap<byte[], byte[]>`, which is what Apache's
/// `FileOffsetBackingStore` writes.
///
/// Follows the Java Object Serialization Specification, version 5. No class is looked up and nothing is called: every byte
/// of the stream's grammar must be the one that a `HashMap` of byte arrays has.
struct JavaMapReader {
    /// Where the bytes depart from that shape.
    struct Failure: Error, Equatable, CustomStringConvertible {
        /// Counted from 0.
        let offset: Int
        /// One clause.
        let reason: String

        var description: String { "byte \(offset): \(reason)" }
    }

    /// A pair of the map; nil stands for Java's null.
    struct Pair: Equatable {
        let key: [UInt8]?
        let value: [UInt8]?
    }

    private enum Token {
        static let null: UInt8 = 0x70
        static let reference: UInt8 = 0x71
        static let classDescription: UInt8 = 0x72
        static let object: UInt8 = 0x73
        static let array: UInt8 = 0x75
        static let blockData: UInt8 = 0x77
        static let endOfBlockData: UInt8 = 0x78
    }

    /// What every such file begins with: magic number and version of the stream.
    static let signature: [UInt8] = [0xAC, 0xED, 0x00, 0x05]
    /// Class description of `java.util.HashMap`: its serial version, flags (own write method), and its two fields.
    private static let mapClass: [UInt8] =
        [Token.classDescription] + text("java.util.HashMap") + [0x05, 0x07, 0xDA, 0xC1, 0xC3, 0x16, 0x60, 0xD1]
        + [0x03, 0x00, 0x02] + [UInt8(ascii: "F")] + text("loadFactor") + [UInt8(ascii: "I")] + text("threshold")
        + [Token.endOfBlockData, Token.null]
    /// Class description of `byte[]`.
    private static let arrayClass: [UInt8] =
        [Token.classDescription] + text("[B") + [0xAC, 0xF3, 0x17, 0xF8, 0x06, 0x08, 0x54, 0xE0]
        + [0x02, 0x00, 0x00] + [Token.endOfBlockData, Token.null]
    /// A reference to that description: the third thing of the stream that has a number.
    private static let arrayClassReference: [UInt8] = [Token.reference, 0x00, 0x7E, 0x00, 0x02]

    private let bytes: [UInt8]
    private var position = 0
    private var knowsArrayClass = false

    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The pairs in the order of the stream.
    static func pairs(of bytes: [UInt8]) throws(Failure) -> [Pair] {
        var reader = JavaMapReader(bytes)
        return try reader.readMap()
    }

    private mutating func readMap() throws(Failure) -> [Pair] {
        try expect(Self.signature, "not a Java object stream")
        try expect([Token.object] + Self.mapClass, "not a java.util.HashMap")
        _ = try readInteger("load factor")
        _ = try readInteger("threshold")
        try expect([Token.blockData, 8], "the map's size is missing")
        _ = try readInteger("number of buckets")
        let sizeOffset = position
        let size = try readInteger("size")
        // A pair takes two bytes at least, so that a forged size cannot ask for memory.
        guard size >= 0, Int(size) <= (bytes.count - position) / 2 else {
            throw Failure(offset: sizeOffset, reason: "impossible size \(size)")
        }
        var pairs: [Pair] = []
        pairs.reserveCapacity(Int(size))
        for _ in 0..<size {
            let key = try readArray("key")
            pairs.append(Pair(key: key, value: try readArray("value")))
        }
        try expect([Token.endOfBlockData], "the map has no end")
        guard position == bytes.count else { throw failure("more bytes after the map") }
        return pairs
    }

    private mutating func readArray(_ what: String) throws(Failure) -> [UInt8]? {
        let token = try next("a \(what)")
        if token == Token.null { return nil }
        guard token == Token.array else {
            throw Failure(offset: position - 1, reason: "a \(what) that is no byte array")
        }
        if knowsArrayClass {
            try expect(Self.arrayClassReference, "a \(what) that is no byte array")
        } else {
            try expect(Self.arrayClass, "a \(what) that is no byte array")
            knowsArrayClass = true
        }
        let lengthOffset = position
        let length = try readInteger("length of a \(what)")
        guard length >= 0, Int(length) <= bytes.count - position else {
            throw Failure(offset: lengthOffset, reason: "impossible length \(length) of a \(what)")
        }
        defer { position += Int(length) }
        return Array(bytes[position..<position + Int(length)])
    }

    private mutating func readInteger(_ what: String) throws(Failure) -> Int32 {
        var value: UInt32 = 0
        for _ in 0..<4 { value = value << 8 | UInt32(try next("the \(what)")) }
        return Int32(bitPattern: value)
    }

    private mutating func next(_ what: String) throws(Failure) -> UInt8 {
        guard position < bytes.count else { throw failure("the file ends before \(what)") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func expect(_ expected: [UInt8], _ reason: String) throws(Failure) {
        for byte in expected {
            guard position < bytes.count else { throw failure("the file ends too early") }
            guard bytes[position] == byte else { throw failure(reason) }
            position += 1
        }
    }

    private func failure(_ reason: String) -> Failure { Failure(offset: position, reason: reason) }

    /// Java's modified UTF-8 of an ASCII text: its length in two bytes, then the text.
    private static func text(_ text: String) -> [UInt8] {
        [UInt8(text.utf8.count >> 8), UInt8(text.utf8.count & 0xFF)] + text.utf8
    }
}
