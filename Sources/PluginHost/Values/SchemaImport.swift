import ConnectABI
import ConnectModel
import JSON

/// Makes the host's schemas of a batch's table, in which schemas refer to one another by index.
struct SchemaImport {
    private static let deepest = Int(KC_MAX_DEPTH)
    private static let mostSchemas = 1 << 16
    private static let mostFields = 1 << 16
    /// A schema counts once for each place where it is used: a schema's text, and whatever else walks it, is as long as that.
    private static let mostNodes = 1 << 16
    /// The same for all schemas of a table together.
    private static let mostNodesOfTable = 1 << 20
    /// Bytes of the defaults of a table together: many schemas may name one default.
    private static let mostDefaultBytes = 16 << 20

    /// What was made so far, by index.
    private struct Made {
        var schemas: [Schema?]
        /// Schemas in each schema, itself among them.
        var nodes: [Int]
        var total = 0
        /// Bytes that the defaults still to come may hold.
        var defaultBytes = mostDefaultBytes
    }

    private let table: kc_table

    init(_ table: kc_table) { self.table = table }

    /// The schemas by index.
    func schemas() throws(ConnectError) -> [Schema] {
        guard table.count != 0 else { return [] }
        guard table.count > 0, Int(table.count) <= Self.mostSchemas, Int(table.stride) >= MemoryLayout<kc_schema>.size,
            table.stride % 8 == 0, table.items != nil
        else { throw nonsense("\(table.count) schemas of \(table.stride) bytes") }
        let count = Int(table.count)
        var made = Made(schemas: Array(repeating: nil, count: count), nodes: Array(repeating: 0, count: count))
        for index in 0..<count { _ = try make(Int32(truncatingIfNeeded: index), &made, depth: 0) }
        return made.schemas.compactMap(\.self)
    }

    private func make(_ index: Int32, _ made: inout Made, depth: Int) throws(ConnectError) -> Schema {
        guard index >= 0, Int(index) < made.schemas.count, let items = table.items else {
            throw nonsense("a schema that refers to schema \(index), which is not there")
        }
        if let known = made.schemas[Int(index)] { return known }
        guard depth <= Self.deepest else { throw nonsense("a schema that contains itself, or is nested too deep") }
        let schema = (items + Int(index) * Int(table.stride)).assumingMemoryBound(to: kc_schema.self).pointee
        guard let kind = ValueKind(rawValue: schema.kind), kind != .null else {
            throw nonsense("a schema of the unknown kind \(schema.kind)")
        }
        var nodes = 1
        var fields: [Schema.Field] = []
        var keySchema: Schema?
        var valueSchema: Schema?
        switch kind {
        case .map:
            keySchema = try make(schema.key_schema, &made, depth: depth + 1)
            valueSchema = try make(schema.value_schema, &made, depth: depth + 1)
            nodes += made.nodes[Int(schema.key_schema)] + made.nodes[Int(schema.value_schema)]
        case .array:
            valueSchema = try make(schema.value_schema, &made, depth: depth + 1)
            nodes += made.nodes[Int(schema.value_schema)]
        case .structure: fields = try makeFields(schema.fields, &made, &nodes, depth: depth + 1)
        case .null, .boolean, .int8, .int16, .int32, .int64, .float32, .float64, .string, .bytes: break
        }
        made.total += nodes
        guard nodes <= Self.mostNodes, made.total <= Self.mostNodesOfTable else { throw Self.tooLarge(index) }
        let name = try schema.name.text("the name of a schema")
        let documentation = try schema.doc.text("the documentation of a schema")
        let parameters = try parameters(schema.parameters)
        func shape(_ standIn: DefaultValue?) -> Schema {
            Schema(
                kind, isOptional: schema.flags & UInt32(KC_SCHEMA_OPTIONAL) != 0, name: name,
                version: schema.flags & UInt32(KC_SCHEMA_HAS_VERSION) != 0 ? schema.version : nil,
                documentation: documentation, parameters: parameters, defaultValue: standIn, fields: fields,
                keySchema: keySchema, valueSchema: valueSchema)
        }
        let plain = shape(nil)
        let result = try defaultValue(schema, plain, &made.defaultBytes).map(shape) ?? plain
        made.schemas[Int(index)] = result
        made.nodes[Int(index)] = nodes
        return result
    }

    private func makeFields(
        _ table: kc_table, _ made: inout Made, _ nodes: inout Int, depth: Int
    ) throws(ConnectError) -> [Schema.Field] {
        guard table.count != 0 else { return [] }
        guard table.count > 0, Int(table.count) <= Self.mostFields, Int(table.stride) >= MemoryLayout<kc_field>.size,
            table.stride % 8 == 0, let start = table.items
        else { throw nonsense("a schema with \(table.count) fields") }
        var fields: [Schema.Field] = []
        for index in 0..<Int(table.count) {
            let field = (start + index * Int(table.stride)).assumingMemoryBound(to: kc_field.self).pointee
            guard let name = try field.name.text("the name of a field") else {
                throw nonsense("a field of a schema without a name")
            }
            fields.append(Schema.Field(name: name, schema: try make(field.schema, &made, depth: depth)))
            // No schema has more nodes than the limit, so that this cannot overflow.
            nodes += made.nodes[Int(field.schema)]
            guard nodes <= Self.mostNodes else { throw Self.tooLarge(nil) }
        }
        return fields
    }

    private static func tooLarge(_ index: Int32?) -> ConnectError {
        nonsense(
            "\(index.map { "schema \($0)" } ?? "a schema"), which is too large: with every use of a schema counted, one schema "
                + "may hold \(mostNodes) schemas and a table \(mostNodesOfTable)")
    }

    private func parameters(_ table: kc_table) throws(ConnectError) -> [Schema.Parameter] {
        guard table.count != 0 else { return [] }
        guard table.count > 0, Int(table.count) <= Self.mostFields,
            Int(table.stride) >= MemoryLayout<kc_parameter>.size,
            table.stride % 8 == 0, let start = table.items
        else { throw nonsense("a schema with \(table.count) parameters") }
        var result: [Schema.Parameter] = []
        for index in 0..<Int(table.count) {
            let parameter = (start + index * Int(table.stride)).assumingMemoryBound(to: kc_parameter.self).pointee
            guard let key = try parameter.key.text("the key of a parameter"),
                let value = try parameter.value.text("the value of a parameter")
            else {
                throw nonsense("a parameter of a schema without key or value")
            }
            result.append(Schema.Parameter(name: key, value: value))
        }
        return result
    }

    private func defaultValue(
        _ schema: kc_schema, _ shape: Schema, _ left: inout Int
    ) throws(ConnectError) -> DefaultValue? {
        guard schema.flags & UInt32(KC_SCHEMA_HAS_DEFAULT) != 0 else { return nil }
        let value = schema.default_value.model
        if let problem = ValueCheck.problem(value) { throw nonsense("a default that holds \(problem)") }
        if value.isNull { return nil }
        guard shape.accepts(value) else {
            throw nonsense("a default that is no value of its schema, which is of kind \(shape.kind)")
        }
        guard let result = DefaultValue(copying: value, limit: left) else {
            throw nonsense("schemas whose defaults hold more than \(Self.mostDefaultBytes) bytes together")
        }
        left -= result.size
        return result
    }
}
