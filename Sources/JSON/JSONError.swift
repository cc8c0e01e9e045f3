/// Why a text is not JSON, and where.
public struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong at the position.
    public enum Reason: Sendable, Equatable {
        case unexpectedEnd
        case unexpectedByte(UInt8, expected: Expectation)
        case badLiteral
        case badNumber
        case leadingZero
        case numberTooLong(limit: Int)
        case badEscape
        case loneSurrogate
        case controlCharacter(UInt8)
        case invalidUTF8
        case tooDeep(limit: Int)
        case tooLarge(limit: Int)
        case duplicateKey(String)
    }

    /// What could have stood at the position.
    public enum Expectation: String, Sendable {
        case value = "a value"
        case valueOrEndOfArray = "a value or ']'"
        case name = "a member name in double quotes"
        case nameOrEndOfObject = "a member name in double quotes or '}'"
        case colon = "':'"
        case commaOrEndOfArray = "',' or ']'"
        case commaOrEndOfObject = "',' or '}'"
        case end = "the end of the text"
    }

    /// What is wrong.
    public let reason: Reason
    /// Counted from 1.
    public let line: Int
    /// Counted from 1, in Unicode scalars.
    public let column: Int
    /// Counted from 0, in bytes.
    public let offset: Int

    /// Finds line and column of `offset` by walking `bytes` up to it, which only the failing text pays for.
    init(_ reason: Reason, at offset: Int, in bytes: UnsafeRawBufferPointer) {
        self.reason = reason
        self.offset = offset
        (line, column) = JSONText.position(of: offset, in: bytes)
    }

    /// Position and reason in one line.
    public var description: String { "line \(line), column \(column): \(reason)" }
}

extension JSONError.Reason: CustomStringConvertible {
    /// One clause without a full stop; foreign bytes are shown only where they print.
    public var description: String {
        switch self {
        case .unexpectedEnd: "the text ends too early"
        case .unexpectedByte(let byte, let expected):
            "unexpected \(Self.shown(byte)), expected \(expected.rawValue)"
        case .badLiteral: "unknown word; only true, false and null are JSON"
        case .badNumber: "malformed number"
        case .leadingZero: "a number must not start with a zero"
        case .numberTooLong(let limit): "number longer than \(limit) bytes"
        case .badEscape: "unknown escape in a string"
        case .loneSurrogate: "an escape names half of a surrogate pair"
        case .controlCharacter(let byte): "\(Self.shown(byte)) must be escaped in a string"
        case .invalidUTF8: "bytes that are not UTF-8"
        case .tooDeep(let limit): "nested deeper than \(limit)"
        case .tooLarge(let limit): "longer than \(limit) bytes"
        case .duplicateKey(let key): "member \"\(key)\" appears twice"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7F { return "'\(Character(Unicode.Scalar(byte)))'" }
        let hex = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (hex.count == 1 ? "0" : "") + hex
    }
}
