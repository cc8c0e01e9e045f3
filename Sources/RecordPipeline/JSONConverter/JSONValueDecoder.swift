import ConnectModel
import JSON

/// Reads values as `JsonConverter.convertToConnect` does, straight from the bytes into an arena.
///
/// Strings without escapes stay slices of the input. Confined to one lane.
final class JSONValueDecoder {
    private let replaceNullWithDefault: Bool
    private let arena: ByteArena
    /// Children of the containers that are open, innermost last; moved to the arena when one closes.
    private var pending: [Value] = []

    /// Of envelopes and schemas.
    static let limits: JSONLimits = {
        var limits = JSONLimits.jackson
        limits.maximumDepth = 500
        return limits
    }()

    /// Of values: no deeper than the plugin interface allows (`KC_MAX_DEPTH`).
    static let valueLimits: JSONLimits = {
        var limits = JSONLimits.jackson
        limits.maximumDepth = 64
        return limits
    }()

    init(replaceNullWithDefault: Bool, arena: ByteArena) {
        self.replaceNullWithDefault = replaceNullWithDefault
        self.arena = arena
    }

    /// The value that starts with `token`, which the scanner has just given.
    func value(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema?
    ) throws(ConnectError) -> Value {
        guard let schema else { return try schemaless(&scanner, token) }
        if token == .null { return try null(schema) }
        if let logical = schema.logicalType {
            return try logicalValue(&scanner, token, schema, logical)
        }
        switch schema.kind {
        case .null: return .null
        case .boolean: return .boolean(try scalar(&scanner, token) && token == .true)
        case .int8: return .integer(.int8, Int64(Int8(truncatingIfNeeded: try integer(&scanner, token, bits: 32))))
        case .int16: return .integer(.int16, Int64(Int16(truncatingIfNeeded: try integer(&scanner, token, bits: 32))))
        case .int32: return .integer(.int32, Int64(Int32(truncatingIfNeeded: try integer(&scanner, token, bits: 32))))
        case .int64: return .int64(try integer(&scanner, token, bits: 64))
        case .float32: return .float32(Float(try double(&scanner, token)))
        case .float64: return .float64(try double(&scanner, token))
        case .string: return try scalar(&scanner, token) && token == .string ? string(scanner) : .null
        case .bytes: return try binary(&scanner, token)
        case .array: return try array(&scanner, token, schema)
        case .map: return try map(&scanner, token, schema)
        case .structure: return try structure(&scanner, token, schema)
        }
    }

    /// What a missing or null payload becomes.
    func null(_ schema: Schema) throws(ConnectError) -> Value {
        if replaceNullWithDefault, let standIn = schema.defaultValue {
            // Not copied: a short record of many nulls would become as many copies of a long default.
            if standIn.size > 0 { arena.keep(standIn) }
            return standIn.value
        }
        guard schema.isOptional else {
            throw ConnectError(
                .recordConversion, "Invalid null value for required \(schema.kind.javaName) field")
        }
        return .null
    }

    /// The scanner's next token, its error as one of conversion.
    func next(_ scanner: inout JSONScanner) throws(ConnectError) -> JSONScanner.Token {
        do throws(JSONError) {
            return try scanner.next()
        } catch {
            throw Self.syntaxError(error)
        }
    }

    static func syntaxError(_ error: JSONError) -> ConnectError {
        ConnectError(
            .recordConversion,
            "Converting byte[] to Kafka Connect data failed due to serialization error: \(error.description)")
    }

    private func schemaless(_ scanner: inout JSONScanner, _ token: JSONScanner.Token) throws(ConnectError) -> Value {
        switch token {
        case .null: return .null
        case .true: return .boolean(true)
        case .false: return .boolean(false)
        case .string: return string(scanner)
        case .number: return scanner.isIntegral ? .int64(scanner.wrappedInt64) : .float64(scanner.double)
        case .beginArray:
            return try container(.array) { () throws(ConnectError) in
                try self.elements(&scanner, nil)
            }
        case .beginObject:
            return try container(.map) { () throws(ConnectError) in
                while true {
                    let token = try self.next(&scanner)
                    if token == .endObject { return }
                    self.pending.append(self.string(scanner))
                    let first = try self.next(&scanner)
                    self.pending.append(try self.schemaless(&scanner, first))
                }
            }
        case .key, .endArray, .endObject, .end: return .null
        }
    }

    private func elements(_ scanner: inout JSONScanner, _ schema: Schema?) throws(ConnectError) {
        while true {
            let token = try next(&scanner)
            if token == .endArray { return }
            pending.append(try value(&scanner, token, schema))
        }
    }

    /// Collects children and moves them to the arena.
    private func container(_ kind: ValueKind, _ fill: () throws(ConnectError) -> Void) throws(ConnectError) -> Value {
        let start = pending.count
        do throws(ConnectError) {
            try fill()
        } catch {
            pending.removeSubrange(start...)
            throw error
        }
        let count = pending.count - start
        let room = arena.allocate(count * MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: count)
        for index in 0..<count { (room + index).initialize(to: pending[start + index]) }
        pending.removeSubrange(start...)
        return .container(kind, room, Int32(truncatingIfNeeded: kind == .map ? count / 2 : count))
    }

    private func string(_ scanner: JSONScanner) -> Value {
        let content = scanner.content
        guard scanner.hasEscapes else {
            return .string(content.baseAddress, Int32(truncatingIfNeeded: content.count))
        }
        let copy = arena.allocate(content.count)
        let count = scanner.unescape(into: copy, capacity: content.count) ?? 0
        return .string(copy, Int32(truncatingIfNeeded: count))
    }

    /// Steps over a container where a scalar was wanted, as Jackson's lenient getters do.
    ///
    /// - Returns: whether the token is a scalar.
    private func scalar(_ scanner: inout JSONScanner, _ token: JSONScanner.Token) throws(ConnectError) -> Bool {
        guard token == .beginArray || token == .beginObject else { return true }
        do throws(JSONError) {
            try scanner.skipValue(startingWith: token)
        } catch {
            throw Self.syntaxError(error)
        }
        return false
    }

    /// Java's `intValue` or `longValue`: 0 for what is no number, fractions cut off.
    private func integer(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, bits: Int
    ) throws(ConnectError) -> Int64 {
        guard try scalar(&scanner, token), token == .number else { return 0 }
        if scanner.isIntegral { return scanner.wrappedInt64 }
        let double = scanner.double
        if double.isNaN { return 0 }
        let limit = bits == 32 ? Double(Int32.max) : 0x1p63
        if double >= limit { return bits == 32 ? Int64(Int32.max) : .max }
        if double <= -limit { return bits == 32 ? Int64(Int32.min) : .min }
        return Int64(double)
    }

    private func double(_ scanner: inout JSONScanner, _ token: JSONScanner.Token) throws(ConnectError) -> Double {
        try scalar(&scanner, token) && token == .number ? scanner.double : 0
    }

    private func binary(_ scanner: inout JSONScanner, _ token: JSONScanner.Token) throws(ConnectError) -> Value {
        guard try scalar(&scanner, token), token == .string else { return .null }
        guard let bytes = Base64.decode(string(scanner).buffer) else {
            throw ConnectError(.recordConversion, "Invalid bytes field")
        }
        return bytesValue(bytes)
    }

    private func bytesValue(_ bytes: [UInt8]) -> Value {
        let copy = arena.allocate(bytes.count)
        bytes.withUnsafeBytes { source in
            if let start = source.baseAddress { copy.copyMemory(from: start, byteCount: source.count) }
        }
        return .bytes(copy, Int32(truncatingIfNeeded: bytes.count))
    }

    private func array(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema
    ) throws(ConnectError) -> Value {
        guard token == .beginArray else {
            throw ConnectError(
                .recordConversion, "Arrays should be encoded as JSON arrays, but found \(Self.nodeType(token))")
        }
        return try container(.array) { () throws(ConnectError) in
            try self.elements(&scanner, schema.valueSchema)
        }
    }

    private func map(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema
    ) throws(ConnectError) -> Value {
        if schema.keySchema?.kind == .string {
            guard token == .beginObject else {
                throw ConnectError(
                    .recordConversion,
                    "Maps with string fields should be encoded as JSON objects, but found \(Self.nodeType(token))")
            }
            return try container(.map) { () throws(ConnectError) in
                while true {
                    let token = try self.next(&scanner)
                    if token == .endObject { return }
                    self.pending.append(self.string(scanner))
                    let first = try self.next(&scanner)
                    self.pending.append(try self.value(&scanner, first, schema.valueSchema))
                }
            }
        }
        guard token == .beginArray else {
            throw ConnectError(
                .recordConversion,
                "Maps with non-string fields should be encoded as JSON array of tuples, but found "
                    + Self.nodeType(token))
        }
        return try container(.map) { () throws(ConnectError) in
            while true {
                let token = try self.next(&scanner)
                if token == .endArray { return }
                try self.tuple(&scanner, token, schema)
            }
        }
    }

    private func tuple(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema
    ) throws(ConnectError) {
        guard token == .beginArray else {
            throw ConnectError(
                .recordConversion, "Found invalid map entry instead of array tuple: \(Self.nodeType(token))")
        }
        var count = 0
        while true {
            let element = try next(&scanner)
            if element == .endArray { break }
            count += 1
            if count > 2 {
                if !(try scalar(&scanner, element)) { continue }
                continue
            }
            pending.append(try value(&scanner, element, count == 1 ? schema.keySchema : schema.valueSchema))
        }
        guard count == 2 else {
            throw ConnectError(.recordConversion, "Found invalid map entry, expected length 2 but found :\(count)")
        }
    }

    private func structure(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema
    ) throws(ConnectError) -> Value {
        guard token == .beginObject else {
            throw ConnectError(
                .recordConversion,
                "Structs should be encoded as JSON objects, but found \(Self.nodeType(token))")
        }
        let start = pending.count
        // A tag that no value has marks a field that has not been seen.
        let unseen = Value(tag: 0xff, length: 0, bits: 0)
        for _ in schema.fields { pending.append(unseen) }
        do throws(ConnectError) {
            // Members mostly come in the order of the fields.
            var expected = 0
            while true {
                let token = try next(&scanner)
                if token == .endObject { break }
                let position = field(schema, scanner, expected)
                if let position { expected = position + 1 }
                let first = try next(&scanner)
                if let position {
                    pending[start + position] = try value(&scanner, first, schema.fields[position].schema)
                } else {
                    _ = try scalar(&scanner, first)
                }
            }
            for (position, field) in schema.fields.enumerated() where pending[start + position].tag == 0xff {
                pending[start + position] = try null(field.schema)
            }
        } catch {
            pending.removeSubrange(start...)
            throw error
        }
        let count = schema.fields.count
        let room = arena.allocate(count * MemoryLayout<Value>.stride).bindMemory(to: Value.self, capacity: count)
        for index in 0..<count { (room + index).initialize(to: pending[start + index]) }
        pending.removeSubrange(start...)
        return .container(.structure, room, Int32(truncatingIfNeeded: count))
    }

    private func field(_ schema: Schema, _ scanner: JSONScanner, _ expected: Int) -> Int? {
        if scanner.hasEscapes {
            var name = scanner.string()
            return name.withUTF8 { schema.field(named: UnsafeRawBufferPointer($0), expected: expected) }
        }
        return schema.field(named: scanner.content, expected: expected)
    }

    private func logicalValue(
        _ scanner: inout JSONScanner, _ token: JSONScanner.Token, _ schema: Schema, _ logical: LogicalType
    ) throws(ConnectError) -> Value {
        let isInteger = token == .number && scanner.isIntegral
        switch logical {
        case .date, .time:
            guard isInteger, let number = scanner.int64, let small = Int32(exactly: number) else {
                let name = logical == .date ? "Date" : "Time"
                throw ConnectError(
                    .recordConversion,
                    "Invalid type for \(name), underlying representation should be integer but was "
                        + Self.nodeType(token))
            }
            return .integer(.int32, Int64(small))
        case .timestamp:
            guard isInteger else {
                throw ConnectError(
                    .recordConversion,
                    "Invalid type for Timestamp, underlying representation should be integral but was "
                        + Self.nodeType(token))
            }
            return .int64(scanner.wrappedInt64)
        case .decimal:
            if token == .string { return try binary(&scanner, token) }
            guard token == .number, let number = BigDecimal(text: scanner.content) else {
                throw ConnectError(
                    .recordConversion,
                    "Invalid type for Decimal, underlying representation should be numeric or bytes but was "
                        + Self.nodeType(token))
            }
            // A Decimal has its schema's scale here; a number that needs more digits cannot be one.
            guard let scaled = number.rescaled(to: schema.decimalScale ?? number.scale) else {
                throw ConnectError(
                    .recordConversion,
                    "Decimal value has mismatching scale for given Decimal schema. Schema has scale "
                        + "\(schema.decimalScale ?? 0), value has scale \(number.scale).")
            }
            return bytesValue(scaled.twosComplement)
        }
    }

    /// Jackson's name of the node that a token starts.
    private static func nodeType(_ token: JSONScanner.Token) -> String {
        switch token {
        case .beginObject: return "OBJECT"
        case .beginArray: return "ARRAY"
        case .string: return "STRING"
        case .number: return "NUMBER"
        case .true, .false: return "BOOLEAN"
        case .null: return "NULL"
        case .key, .endArray, .endObject, .end: return "MISSING"
        }
    }
}
