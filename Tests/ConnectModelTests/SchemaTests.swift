import ConnectModel
import Testing

@Suite struct SchemaTests {
    private let composed = "caf\u{e9}"
    private let decomposed = "cafe\u{301}"

    @Test func `schemas whose names Unicode alone takes for the same are different ones`() {
        func makes(_ make: (String) -> Schema) { #expect(make(composed) != make(decomposed)) }
        makes { Schema(.structure, name: $0) }
        makes { Schema(.structure, fields: [.init(name: $0, schema: Schema(.string))]) }
        makes { Schema(.bytes, parameters: [.init(name: $0, value: "")]) }
        makes { Schema(.bytes, parameters: [.init(name: "scale", value: $0)]) }
    }

    @Test func `schemas of the same content are equal`() {
        func made() -> Schema {
            Schema(
                .structure, isOptional: true, name: composed, parameters: [.init(name: "a", value: "b")],
                fields: [.init(name: decomposed, schema: Schema(.int32))])
        }
        #expect(made() == made() && made().hashValue == made().hashValue)
    }
}
