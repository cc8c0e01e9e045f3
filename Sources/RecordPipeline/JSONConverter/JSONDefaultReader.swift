import ConnectModel
import JSON

/// Reads the defaults of one schema's text, as `JsonConverter.asConnectSchema` does.
struct JSONDefaultReader {
    private let replaceNullWithDefault: Bool
    /// Bytes that the rest of the defaults may hold together. A default may be built of the defaults of what is inside it, over
    /// and over: a short text could stand for any amount.
    private var left: Int

    /// - Parameter textLength: of the schema's text, which bounds what its defaults may hold.
    init(replaceNullWithDefault: Bool, textLength: Int) {
        self.replaceNullWithDefault = replaceNullWithDefault
        // An array of digits takes eight times its text.
        left = (64 << 10) + 32 * textLength
    }

    /// The default of a schema; nil where it is null, which an optional schema may have.
    mutating func read(_ json: JSONValue, of schema: Schema) throws(ConnectError) -> DefaultValue? {
        let arena = ByteArena()
        let decoder = JSONValueDecoder(replaceNullWithDefault: replaceNullWithDefault, arena: arena)
        let text = json.serialized()
        let limit = left
        let result = text.withUnsafeBytes { bytes in
            Result { () throws(ConnectError) in try Self.read(bytes, decoder, schema, limit: limit) }
        }
        let standIn = try result.get()
        left -= standIn?.size ?? 0
        return standIn
    }

    private static func read(
        _ bytes: UnsafeRawBufferPointer, _ decoder: JSONValueDecoder, _ schema: Schema, limit: Int
    ) throws(ConnectError) -> DefaultValue? {
        var scanner = JSONScanner(bytes, limits: JSONValueDecoder.valueLimits)
        let token = try decoder.next(&scanner)
        let value = try decoder.value(&scanner, token, schema)
        // First of all: whoever walks what is not bounded yet may walk for ever.
        guard let standIn = DefaultValue(copying: value, limit: limit) else {
            throw ConnectError(.recordConversion, "The defaults of a schema are far larger than its text")
        }
        guard schema.accepts(standIn.value) else { throw ConnectError(.recordConversion, "Invalid default value") }
        return value.isNull ? nil : standIn
    }
}
