/// Reads JSON token by token from bytes that the caller keeps: what the record path decodes with.
///
/// Nothing is allocated and nothing is copied; a string is a range of the text until ``unescape(into:capacity:)`` or
/// ``string()`` is called. The bytes must outlive the scanner and must not change. A value for one thread.
///
/// The scanner checks syntax, UTF-8, nesting and the limits. It does not look for members that appear twice.
public struct JSONScanner {
    /// What ``next()`` found.
    public enum Token: Sendable, Equatable {
        case beginObject, endObject, beginArray, endArray
        /// A member's name: content as for `string`; its value follows.
        case key
        case string, number
        case `true`, `false`, null
        /// The one value is complete and nothing but white space follows.
        case end
    }

    /// The deepest nesting that any limit can allow.
    public static let deepest = 1024

    private enum State {
        case value, valueOrEnd, key, keyOrEnd, commaOrEnd, done
    }

    private let bytes: UnsafeRawBufferPointer
    private let maximumDepth: Int
    private let maximumNumberBytes: Int
    private let leniency: JSONLimits.Leniency
    private let tooLarge: Int?
    private var position: Int
    private var state = State.value
    /// One bit per open container, set for objects.
    private var kinds = InlineArray<16, UInt64>(repeating: 0)
    /// The bit of the innermost one: reading it from `kinds` for every token would cost more than the token.
    private var inObject = false

    /// How many arrays and objects are open.
    public private(set) var depth = 0
    /// Where the last token starts: its quote, first digit, letter or bracket.
    public private(set) var tokenOffset = 0
    /// Where the content of the last key, string (without quotes) or number starts.
    public private(set) var contentOffset = 0
    /// The length of that content as written, in bytes.
    public private(set) var contentCount = 0
    /// True where the last key or string holds escapes, so that its content is not its value.
    public private(set) var hasEscapes = false
    /// True where the last number has neither fraction nor exponent.
    public private(set) var isIntegral = false

    /// Starts before the first token of `bytes`.
    public init(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = .jackson) {
        self.bytes = bytes
        maximumDepth = min(limits.maximumDepth, Self.deepest)
        maximumNumberBytes = limits.maximumNumberBytes
        leniency = limits.leniency
        tooLarge = bytes.count > limits.maximumBytes ? limits.maximumBytes : nil
        let hasMark = bytes.count >= 3 && bytes[0] == 0xEF && bytes[1] == 0xBB && bytes[2] == 0xBF
        position = hasMark && limits.leniency.contains(.byteOrderMark) ? 3 : 0
    }

    /// Where reading goes on: just behind the last token.
    public var offset: Int { position }

    /// The content of the last key, string or number as written. Valid as long as the scanned bytes are.
    public var content: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[contentOffset..<contentOffset + contentCount])
    }

    /// The next token. After an error, or after ``Token/end``, the scanner has nothing more to say.
    public mutating func next() throws(JSONError) -> Token {
        if let tooLarge { throw error(.tooLarge(limit: tooLarge), at: 0) }
        var byte = skipSpace()
        if state == .commaOrEnd {
            if byte == UInt8(ascii: ",") {
                position += 1
                state = inObject ? .key : .value
                byte = skipSpace()
            } else {
                return try close(byte, expected: inObject ? .commaOrEndOfObject : .commaOrEndOfArray)
            }
        }
        tokenOffset = position
        switch state {
        case .value: return try value(byte, expected: .value)
        case .valueOrEnd:
            if byte == UInt8(ascii: "]") { return try close(byte, expected: .valueOrEndOfArray) }
            return try value(byte, expected: .valueOrEndOfArray)
        case .keyOrEnd:
            if byte == UInt8(ascii: "}") { return try close(byte, expected: .nameOrEndOfObject) }
            return try key(byte, expected: .nameOrEndOfObject)
        case .key: return try key(byte, expected: .name)
        case .commaOrEnd: return try close(byte, expected: .end)
        case .done:
            if let byte, !leniency.contains(.textBehind) || isOfValue(byte) { throw unexpected(byte, expected: .end) }
            return .end
        }
    }

    /// Passes over the value whose first token was just read (a scalar is already passed).
    public mutating func skipValue(startingWith token: Token) throws(JSONError) {
        guard token == .beginObject || token == .beginArray else { return }
        let outside = depth - 1
        while depth > outside { _ = try next() }
    }

    /// An error of this text at `offset`, for checks that a caller adds.
    public func error(_ reason: JSONError.Reason, at offset: Int) -> JSONError {
        JSONError(reason, at: offset, in: bytes)
    }

    // MARK: Structure

    /// Whether a byte behind the whole value would be a part of it.
    private func isOfValue(_ byte: UInt8) -> Bool {
        switch bytes[position - 1] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"):
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
                true
            default: false
            }
        default: false
        }
    }

    /// The next byte that is not white space, nil at the end of the text.
    private mutating func skipSpace() -> UInt8? {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
            position += 1
        }
        return nil
    }

    private mutating func open(_ token: Token, isObject: Bool) throws(JSONError) -> Token {
        guard depth < maximumDepth else { throw error(.tooDeep(limit: maximumDepth), at: position) }
        let bit: UInt64 = 1 << UInt64(depth & 63)
        if isObject { kinds[depth >> 6] |= bit } else { kinds[depth >> 6] &= ~bit }
        depth += 1
        inObject = isObject
        position += 1
        state = isObject ? .keyOrEnd : .valueOrEnd
        return token
    }

    private mutating func close(_ byte: UInt8?, expected: JSONError.Expectation) throws(JSONError) -> Token {
        let isObject = inObject
        guard let byte, byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
            throw unexpected(byte, expected: expected)
        }
        tokenOffset = position
        position += 1
        depth -= 1
        if depth > 0 {
            let top = depth - 1
            inObject = kinds[top >> 6] & (1 << UInt64(top & 63)) != 0
            state = .commaOrEnd
        } else {
            state = .done
        }
        return isObject ? .endObject : .endArray
    }

    private mutating func key(_ byte: UInt8?, expected: JSONError.Expectation) throws(JSONError) -> Token {
        guard byte == UInt8(ascii: "\"") else { throw unexpected(byte, expected: expected) }
        try scanString()
        guard skipSpace() == UInt8(ascii: ":") else {
            throw unexpected(position < bytes.count ? bytes[position] : nil, expected: .colon)
        }
        position += 1
        state = .value
        return .key
    }

    private mutating func value(_ byte: UInt8?, expected: JSONError.Expectation) throws(JSONError) -> Token {
        guard let byte else { throw unexpected(nil, expected: expected) }
        let token: Token
        switch byte {
        case UInt8(ascii: "{"): return try open(.beginObject, isObject: true)
        case UInt8(ascii: "["): return try open(.beginArray, isObject: false)
        case UInt8(ascii: "\""):
            try scanString()
            token = .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try scanNumber()
            token = .number
        case UInt8(ascii: "t"):
            try scanWord("true")
            token = .true
        case UInt8(ascii: "f"):
            try scanWord("false")
            token = .false
        case UInt8(ascii: "n"):
            try scanWord("null")
            token = .null
        default: throw unexpected(byte, expected: expected)
        }
        state = depth == 0 ? .done : .commaOrEnd
        return token
    }

    private func unexpected(_ byte: UInt8?, expected: JSONError.Expectation) -> JSONError {
        guard let byte else { return error(.unexpectedEnd, at: bytes.count) }
        return error(.unexpectedByte(byte, expected: expected), at: position)
    }

    // MARK: Scalars

    private mutating func scanWord(_ word: StaticString) throws(JSONError) {
        let count = word.utf8CodeUnitCount
        for i in 0..<count {
            guard position + i < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
            guard bytes[position + i] == word.utf8Start[i] else { throw error(.badLiteral, at: position) }
        }
        position += count
        if position < bytes.count, JSONText.isWordByte(bytes[position]) { throw error(.badLiteral, at: tokenOffset) }
    }

    private mutating func scanNumber() throws(JSONError) {
        let start = position
        var i = start
        if bytes[i] == UInt8(ascii: "-") { i += 1 }
        let digits = i
        i = pastDigits(from: i)
        guard i > digits else {
            throw i < bytes.count ? error(.badNumber, at: i) : error(.unexpectedEnd, at: i)
        }
        if bytes[digits] == UInt8(ascii: "0"), i > digits + 1, !leniency.contains(.leadingZeros) {
            throw error(.leadingZero, at: start)
        }
        isIntegral = true
        if i < bytes.count, bytes[i] == UInt8(ascii: ".") {
            isIntegral = false
            i = try pastRequiredDigits(from: i + 1)
        }
        if i < bytes.count, bytes[i] | 0x20 == UInt8(ascii: "e") {
            isIntegral = false
            i += 1
            if i < bytes.count, bytes[i] == UInt8(ascii: "+") || bytes[i] == UInt8(ascii: "-") { i += 1 }
            i = try pastRequiredDigits(from: i)
        }
        if i < bytes.count, JSONText.isWordByte(bytes[i]) || bytes[i] == UInt8(ascii: ".") {
            throw error(.badNumber, at: i)
        }
        guard i - start <= maximumNumberBytes else {
            throw error(.numberTooLong(limit: maximumNumberBytes), at: start)
        }
        contentOffset = start
        contentCount = i - start
        hasEscapes = false
        position = i
    }

    private func pastDigits(from start: Int) -> Int {
        var i = start
        while i < bytes.count, bytes[i] &- UInt8(ascii: "0") < 10 { i += 1 }
        return i
    }

    private func pastRequiredDigits(from start: Int) throws(JSONError) -> Int {
        let i = pastDigits(from: start)
        guard i > start else { throw i < bytes.count ? error(.badNumber, at: i) : error(.unexpectedEnd, at: i) }
        return i
    }

    /// Finds the closing quote, eight bytes at a time while they are plain.
    private mutating func scanString() throws(JSONError) {
        let start = position + 1
        var i = start
        hasEscapes = false
        while true {
            while i + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: i, as: UInt64.self))
                let special = JSONText.special(in: word) | (word & 0x8080_8080_8080_8080)
                guard special == 0 else {
                    i += special.trailingZeroBitCount >> 3
                    break
                }
                i += 8
            }
            guard i < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
            let byte = bytes[i]
            switch byte {
            case UInt8(ascii: "\""):
                contentOffset = start
                contentCount = i - start
                position = i + 1
                return
            case UInt8(ascii: "\\"):
                hasEscapes = true
                i = try pastEscape(at: i)
            case 0..<0x20: throw error(.controlCharacter(byte), at: i)
            case 0x80...:
                let length = UTF8Text.sequenceLength(in: bytes, at: i)
                guard length > 0 else { throw error(.invalidUTF8, at: i) }
                i += length
            default: i += 1
            }
        }
    }

    private func pastEscape(at start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            let unit = try hexUnit(at: start + 2)
            if unit & 0xF800 != 0xD800 { return start + 6 }
            if unit < 0xDC00, start + 7 < bytes.count, bytes[start + 6] == UInt8(ascii: "\\"),
                bytes[start + 7] == UInt8(ascii: "u")
            {
                let low = try hexUnit(at: start + 8)
                if low & 0xFC00 == 0xDC00 { return start + 12 }
            }
            guard leniency.contains(.loneSurrogates) else { throw error(.loneSurrogate, at: start) }
            return start + 6
        default: throw error(.badEscape, at: start)
        }
    }

    private func hexUnit(at start: Int) throws(JSONError) -> UInt32 {
        guard start + 4 <= bytes.count else { throw error(.unexpectedEnd, at: bytes.count) }
        guard let unit = JSONText.hexUnit(bytes, at: start) else { throw error(.badEscape, at: start - 2) }
        return unit
    }
}
