import ConnectABI
import ConnectModel
import Testing

@testable import PluginHost

/// Defaults of schemas across the plugin interface, both ways.
@Suite struct SchemaDefaultTests {
    private let memory = CMemory()
    private let arena = ByteArena()

    private func text(_ text: String) -> Value {
        let string = memory.string(text)
        return .string(string.bytes, string.length)
    }

    private func list(_ kind: ValueKind, _ values: [Value], _ length: Int) -> Value {
        let room = arena.allocate(values.count * MemoryLayout<Value>.stride)
            .bindMemory(to: Value.self, capacity: values.count)
        for (index, value) in values.enumerated() { (room + index).initialize(to: value) }
        return .container(kind, room, Int32(length))
    }

    private func schema(_ value: Value, _ kind: ValueKind, _ key: Schema? = nil, _ element: Schema? = nil) -> Schema {
        Schema(
            kind, defaultValue: DefaultValue(copying: value, limit: 1 << 20),
            fields: kind == .structure
                ? [.init(name: "a", schema: .string), .init(name: "b", schema: Schema(.int8))] : [],
            keySchema: key, valueSchema: element)
    }

    @Test func `a default of every kind comes back as it went`() throws {
        let bytes = memory.string("\u{1}\u{2}")
        let all = [
            schema(.boolean(true), .boolean), schema(.integer(.int8, -3), .int8), schema(.integer(.int16, 300), .int16),
            schema(.integer(.int32, -70_000), .int32), schema(.int64(1 << 40), .int64), schema(.float32(1.5), .float32),
            schema(.float64(.infinity), .float64), schema(text("text"), .string), schema(text(""), .string),
            schema(.bytes(bytes.bytes, 2), .bytes),
            schema(list(.array, [text("x"), text("y")], 2), .array, nil, .string),
            schema(list(.map, [text("k"), .int64(1)], 1), .map, .string, Schema(.int64)),
            schema(list(.structure, [text("s"), .integer(.int8, 1)], 2), .structure),
        ]
        var export = SchemaExport(memory)
        let table = export.table(of: all)
        let items = try #require(table.items).assumingMemoryBound(to: kc_schema.self)
        for (index, schema) in all.enumerated() {
            #expect(items[index].flags & UInt32(KC_SCHEMA_HAS_DEFAULT) != 0)
            #expect(Int32(items[index].default_value.kind) == Int32(schema.kind.rawValue))
        }
        #expect(try Array(SchemaImport(table).schemas().prefix(all.count)) == all)
    }

    private func imported(_ schema: kc_schema) throws -> Schema {
        var schema = schema
        schema.flags |= UInt32(KC_SCHEMA_HAS_DEFAULT)
        return try withUnsafePointer(to: &schema) { pointer in
            try #require(
                try SchemaImport(
                    kc_table(items: UnsafeRawPointer(pointer), count: 1, stride: UInt32(MemoryLayout<kc_schema>.stride))
                ).schemas().first)
        }
    }

    private func refusal(_ kind: Int, _ value: Value) -> String? {
        var schema = kc_schema()
        schema.kind = UInt8(kind)
        schema.default_value = value.kc
        do {
            _ = try imported(schema)
            return nil
        } catch { return (error as? ConnectError)?.message }
    }

    @Test func `null is no default, and what is no value of the schema is refused`() throws {
        var schema = kc_schema()
        schema.kind = UInt8(KC_STRING)
        #expect(try imported(schema).defaultValue == nil)
        #expect(refusal(KC_STRING, .int64(5))?.contains("a default that is no value of its schema") == true)
        #expect(refusal(KC_INT8, .integer(.int8, 300))?.contains("an INT8 of 300") == true)
        #expect(refusal(KC_INT8, .integer(.int8, 30)) == nil)
    }

    @Test func `many schemas that name one large default are refused`() throws {
        var schema = kc_schema()
        schema.kind = UInt8(KC_STRING)
        schema.flags = UInt32(KC_SCHEMA_HAS_DEFAULT)
        schema.default_value = text(String(repeating: "x", count: 1 << 20)).kc
        let error = #expect(throws: ConnectError.self) {
            try SchemaImport(memory.table(Array(repeating: schema, count: 17))).schemas()
        }
        #expect(error?.message.contains("hold more than 16777216 bytes together") == true)
        #expect(try SchemaImport(memory.table(Array(repeating: schema, count: 15))).schemas().count == 15)
    }

    @Test func `what a sink is lent lives as long as its batch`() throws {
        let tables = SinkTables()
        let batch = SinkBatch()
        batch.schemas = [schema(text("text"), .string)]
        batch.tableGeneration = 1
        var lent = kc_batch()
        tables.update(batch, into: &lent)
        batch.schemas = []
        let item = try #require(lent.schemas.items).assumingMemoryBound(to: kc_schema.self)
        #expect(item.pointee.default_value.model.text == "text")
        batch.tableGeneration = 2
        tables.update(batch, into: &lent)
        #expect(lent.schemas.count == 0)
    }
}
