import ConnectABI

/// The table of schemas of a batch.
struct SchemaCheck {
    private let schemas: [kc_schema]

    init(_ schemas: [kc_schema]) { self.schemas = schemas }

    /// What is wrong with one of them; nil when all are good.
    func problem() -> String? {
        for (index, schema) in schemas.enumerated() {
            if let problem = problem(schema) { return "schema \(index) \(problem)" }
        }
        for index in schemas.indices where containsItself(Int32(index)) {
            return "schema \(index) contains itself, or is nested deeper than \(KC_MAX_DEPTH)"
        }
        for (index, schema) in schemas.enumerated()
        where schema.flags & UInt32(KC_SCHEMA_HAS_DEFAULT) != 0 && schema.default_value.kind != UInt8(KC_NULL) {
            if let problem = mismatch(schema.default_value, Int32(index)) {
                return "schema \(index) has a default that \(problem)"
            }
        }
        return nil
    }

    private func problem(_ schema: kc_schema) -> String? {
        guard (UInt8(KC_BOOLEAN)...UInt8(KC_STRUCT)).contains(schema.kind) else {
            return "has the kind \(schema.kind), which no schema has"
        }
        let kind = Int32(schema.kind)
        if schema.reserved != (0, 0, 0) || schema.reserved2 != 0 { return "has reserved bytes that are not zero" }
        if let problem = StringCheck.problem(schema.name) { return "has a name that \(problem)" }
        if let problem = StringCheck.problem(schema.doc) { return "has a documentation that \(problem)" }
        for (what, number, isThere) in [
            ("key_schema", schema.key_schema, kind == Int32(KC_MAP)),
            ("value_schema", schema.value_schema, kind == Int32(KC_MAP) || kind == Int32(KC_ARRAY)),
        ] {
            if isThere, !schemas.indices.contains(Int(number)) {
                return "has the \(what) \(number), which is not in the table"
            }
            if !isThere, number != -1 {
                return "has the \(what) \(number), which is -1 for \(ValueCheck.name(schema.kind))"
            }
        }
        if schema.flags & UInt32(KC_SCHEMA_HAS_DEFAULT) != 0, let problem = ValueCheck.problem(schema.default_value) {
            return "has a default that \(problem)"
        }
        return tableProblem(schema)
    }

    private func tableProblem(_ schema: kc_schema) -> String? {
        if let problem = TableCheck.problem(schema.fields, of: kc_field.self) {
            return "has a table of fields that \(problem)"
        }
        for field in TableCheck.items(schema.fields, as: kc_field.self) {
            if let problem = StringCheck.problem(field.name, mayBeNull: false) {
                return "has a field whose name \(problem)"
            }
            if !schemas.indices.contains(Int(field.schema)) {
                return "has a field of schema \(field.schema), which is not in the table"
            }
        }
        if let problem = TableCheck.problem(schema.parameters, of: kc_parameter.self) {
            return "has a table of parameters that \(problem)"
        }
        for parameter in TableCheck.items(schema.parameters, as: kc_parameter.self) {
            let problem =
                StringCheck.problem(parameter.key, mayBeNull: false)
                ?? StringCheck.problem(parameter.value, mayBeNull: false)
            if let problem { return "has a parameter whose key or value \(problem)" }
        }
        return nil
    }

    private func children(_ index: Int32) -> [Int32] {
        let schema = schemas[Int(index)]
        switch Int32(schema.kind) {
        case Int32(KC_MAP): return [schema.key_schema, schema.value_schema]
        case Int32(KC_ARRAY): return [schema.value_schema]
        case Int32(KC_STRUCT): return TableCheck.items(schema.fields, as: kc_field.self).map(\.schema)
        default: return []
        }
    }

    private func containsItself(_ start: Int32) -> Bool {
        var level: Set<Int32> = [start]
        for _ in 0...Int(KC_MAX_DEPTH) {
            level = Set(level.flatMap(children))
            if level.isEmpty { return false }
        }
        return true
    }

    /// Whether a checked value is what a schema says; what is wrong, to follow "a value that".
    func mismatch(_ value: kc_value, _ number: Int32, depth: Int32 = 0) -> String? {
        guard number >= 0, schemas.indices.contains(Int(number)), depth <= Int32(KC_MAX_DEPTH) else { return nil }
        let schema = schemas[Int(number)]
        if value.kind == UInt8(KC_NULL) {
            let isOptional = schema.flags & UInt32(KC_SCHEMA_OPTIONAL | KC_SCHEMA_HAS_DEFAULT) != 0
            return isOptional ? nil : "is null where its schema is not optional"
        }
        guard value.kind == schema.kind else {
            return "is a \(ValueCheck.name(value.kind)) where its schema says \(ValueCheck.name(schema.kind))"
        }
        guard let children = value.u.values else { return nil }
        switch Int32(value.kind) {
        case Int32(KC_ARRAY):
            return (0..<Int(value.length)).lazy.compactMap {
                mismatch(children[$0], schema.value_schema, depth: depth + 1)
            }.first
        case Int32(KC_MAP):
            return (0..<Int(value.length)).lazy.compactMap {
                mismatch(children[2 * $0], schema.key_schema, depth: depth + 1)
                    ?? mismatch(children[2 * $0 + 1], schema.value_schema, depth: depth + 1)
            }.first
        case Int32(KC_STRUCT):
            let fields = TableCheck.items(schema.fields, as: kc_field.self)
            guard fields.count == Int(value.length) else {
                return "is a STRUCT of \(value.length) fields where its schema has \(fields.count)"
            }
            return fields.indices.lazy.compactMap {
                mismatch(children[$0], fields[$0].schema, depth: depth + 1)
            }.first
        default: return nil
        }
    }
}
