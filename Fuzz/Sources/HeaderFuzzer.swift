import ConnectModel
import RecordPipeline

/// A header's text of any content: reading ends with a value of its schema's kind, and so does reading what the value is
/// written as.
func fuzzHeaderText(_ input: UnsafeBufferPointer<UInt8>) -> Int32 {
    guard let converter = try? ConverterFactory.makeHeaderConverter("SimpleHeaderConverter", options: ConfigMap())
    else {
        return 0
    }
    let arena = ByteArena()
    guard let (value, schema) = try? converter.decode(UnsafeRawBufferPointer(input), arena: arena),
        let (text, length) = try? converter.encode(value, schema: schema, arena: arena)
    else { return 0 }
    require(value.kind == schema?.kind ?? .null, "a value of another kind than its schema")
    guard length >= 0 else { return 0 }
    let again = try? converter.decode(UnsafeRawBufferPointer(start: text, count: Int(length)), arena: arena)
    require(again.map { $0.0.kind == $0.1?.kind ?? .null } ?? false, "a written value that cannot be read")
    return 0
}
