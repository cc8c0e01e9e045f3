import ConnectModel
import JSON

/// `org.apache.kafka.connect.json.JsonConverter`: JSON, with the schema in an envelope or without.
///
/// Schemas are written once and their text is kept; on the way back a schema that reads like one before is not parsed
/// again, so that a steady topic costs a comparison of bytes.
final class JsonConverter: ColumnConverter {
    /// The converter's settings (configuration.md §12).
    struct Options: Sendable {
        var schemasEnabled = true
        var schemasCacheSize = 1000
        var decimalFormat = DecimalFormat.base64
        var replaceNullWithDefault = true
        /// `schema.content`: the schema of payloads that come without an envelope (KIP-1054).
        var schemaContent: Schema?
    }

    private let options: Options
    private let encoder: JSONValueEncoder
    private let output = JSONOutput()
    private var offsets: [Int] = []
    private(set) var envelopes: [ObjectIdentifier: (schema: Schema, text: [UInt8])] = [:]
    private let noSchema = Array(#"{"schema":null,"payload":"#.utf8)
    private var envelopeRoom: CacheRoom
    private(set) var decodedSchemas: [[UInt8]: Schema] = [:]
    private var decodedRoom: CacheRoom
    private var lastSchema: (text: [UInt8], schema: Schema?) = ([], nil)

    init(_ options: Options) {
        self.options = options
        envelopeRoom = CacheRoom(items: options.schemasCacheSize)
        decodedRoom = envelopeRoom
        encoder = JSONValueEncoder(
            decimalFormat: options.decimalFormat, replaceNullWithDefault: options.replaceNullWithDefault)
    }

    var isPassThrough: Bool { false }

    func encode(
        _ records: UnsafeBufferPointer<ConnectRecord>, _ column: Column, range: Range<Int>, schemas: [Schema],
        into outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, arena: ByteArena
    ) throws(ColumnFailure) {
        // A range that starts behind a tolerated failure continues the batch, whose bytes must stay.
        if range.lowerBound == 0 { output.reset() }
        let start = output.count
        offsets.removeAll(keepingCapacity: true)
        var failure: ColumnFailure?
        var end = range.upperBound
        for index in range {
            let value = records.value(index, column)
            let schema = schemas.schema(records.schemaNumber(index, column))
            let offset = output.count
            offsets.append(offset)
            if value.isNull, schema == nil { continue }
            do throws(ConnectError) {
                try write(value, schema)
            } catch {
                output.truncate(to: offset)
                // What an earlier chunk left here would be counted as bytes when addresses are given again.
                outgoing.set(index, column, nil, -1)
                failure = ColumnFailure(index: index, error: error)
                end = index
                break
            }
        }
        // The output may have moved while it grew: addresses are known only now, and those of an earlier range with them.
        if start > 0 { rebase(outgoing, column, before: range.lowerBound) }
        for index in range.lowerBound..<end {
            let position = index - range.lowerBound
            let offset = offsets[position]
            let next = position + 1 < offsets.count ? offsets[position + 1] : output.count
            outgoing.set(
                index, column, next > offset ? UnsafeRawPointer(output.base + offset) : nil,
                next > offset ? Int32(truncatingIfNeeded: next - offset) : -1)
        }
        if let failure { throw failure }
    }

    /// Gives the records that an earlier range filled their addresses again; they lie one behind the other from the start.
    private func rebase(
        _ outgoing: UnsafeMutableBufferPointer<OutgoingRecord>, _ column: Column, before end: Int
    ) {
        var offset = 0
        for index in 0..<end {
            switch column {
            case .key where outgoing[index].keyLength >= 0:
                outgoing[index].key = UnsafeRawPointer(output.base + offset)
                offset += Int(outgoing[index].keyLength)
            case .value where outgoing[index].valueLength >= 0:
                outgoing[index].value = UnsafeRawPointer(output.base + offset)
                offset += Int(outgoing[index].valueLength)
            case .key, .value: break
            }
        }
    }

    private func write(_ value: Value, _ schema: Schema?) throws(ConnectError) {
        guard options.schemasEnabled else { return try encoder.write(value, schema, to: output) }
        if let schema { output.raw(try envelope(schema)) } else { output.raw(noSchema) }
        try encoder.write(value, schema, to: output)
        output.byte(UInt8(ascii: "}"))
    }

    /// `{"schema":…,"payload":` of a schema.
    private func envelope(_ schema: Schema) throws(ConnectError) -> [UInt8] {
        if let known = envelopes[ObjectIdentifier(schema)] { return known.text }
        let text = JSONOutput()
        text.raw("{\"schema\":")
        try JSONSchemaText.write(schema, encoder, to: text)
        text.raw(",\"payload\":")
        let bytes = Array(UnsafeRawBufferPointer(start: text.base, count: text.count))
        if !envelopeRoom.take(bytes.count + schema.weight) { envelopes.removeAll() }
        envelopes[ObjectIdentifier(schema)] = (schema, bytes)
        return bytes
    }

    func decode(
        _ incoming: UnsafeBufferPointer<IncomingRecord>, _ column: Column, range: Range<Int>,
        into records: UnsafeMutableBufferPointer<ConnectRecord>, schemas: SchemaTable, arena: ByteArena
    ) throws(ColumnFailure) {
        let decoder = JSONValueDecoder(replaceNullWithDefault: options.replaceNullWithDefault, arena: arena)
        for index in range {
            guard let bytes = incoming.bytes(index, column) else {
                records.set(index, column, .null, schema: -1)
                continue
            }
            do throws(ConnectError) {
                let (value, schema) = try read(bytes, decoder)
                records.set(index, column, value, schema: schema.map { schemas.number(of: $0) } ?? -1)
            } catch {
                throw ColumnFailure(index: index, error: error)
            }
        }
    }

    private func read(_ bytes: UnsafeRawBufferPointer, _ decoder: JSONValueDecoder) throws(ConnectError)
        -> (Value, Schema?)
    {
        if options.schemasEnabled, options.schemaContent == nil { return try readEnvelope(bytes, decoder) }
        if bytes.isEmpty { return (.null, nil) }
        let schema = options.schemasEnabled ? options.schemaContent : nil
        var scanner = JSONScanner(bytes, limits: JSONValueDecoder.valueLimits)
        let token = try decoder.next(&scanner)
        let value = try decoder.value(&scanner, token, schema)
        _ = try decoder.next(&scanner)
        return (value, schema)
    }

    private func readEnvelope(_ bytes: UnsafeRawBufferPointer, _ decoder: JSONValueDecoder) throws(ConnectError)
        -> (Value, Schema?)
    {
        var scanner = JSONScanner(bytes, limits: JSONValueDecoder.limits)
        var schemaText: UnsafeRawBufferPointer?
        var payloadText: UnsafeRawBufferPointer?
        var members = 0
        if !bytes.isEmpty, try decoder.next(&scanner) == .beginObject {
            while true {
                let token = try decoder.next(&scanner)
                if token == .endObject { break }
                let isSchema = scanner.contentEquals("schema")
                let isPayload = scanner.contentEquals("payload")
                members += 1
                let first = try decoder.next(&scanner)
                let start = scanner.tokenOffset
                do throws(JSONError) {
                    try scanner.skipValue(startingWith: first)
                } catch {
                    throw JSONValueDecoder.syntaxError(error)
                }
                let text = UnsafeRawBufferPointer(rebasing: bytes[start..<scanner.offset])
                if isSchema { schemaText = text } else if isPayload { payloadText = text }
            }
            _ = try decoder.next(&scanner)
        }
        guard members == 2, let schemaText, let payloadText else {
            throw ConnectError(
                .recordConversion,
                "JsonConverter with schemas.enable requires \"schema\" and \"payload\" fields and may not contain "
                    + "additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in "
                    + "your converter configuration.")
        }
        let schema = try schema(of: schemaText)
        var payload = JSONScanner(payloadText, limits: JSONValueDecoder.valueLimits)
        let token = try decoder.next(&payload)
        return (try decoder.value(&payload, token, schema), schema)
    }

    private func schema(of text: UnsafeRawBufferPointer) throws(ConnectError) -> Schema? {
        if lastSchema.text.count == text.count, lastSchema.text.elementsEqual(text) { return lastSchema.schema }
        let key = Array(text)
        if let known = decodedSchemas[key] {
            lastSchema = (key, known)
            return known
        }
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue.parse(key, limits: JSONValueDecoder.limits)
        } catch {
            throw JSONValueDecoder.syntaxError(error)
        }
        var defaults = JSONDefaultReader(
            replaceNullWithDefault: options.replaceNullWithDefault, textLength: text.count)
        let schema = try JSONSchemaText.read(json, &defaults)
        if let schema {
            if !decodedRoom.take(key.count + schema.weight) { decodedSchemas.removeAll() }
            decodedSchemas[key] = schema
        }
        lastSchema = (key, schema)
        return schema
    }
}
