import ConnectModel
import Testing

@testable import RecordPipeline

/// What converters keep of schemas.
@Suite struct SchemaRoomTests {
    private let fixture = PipelineFixture()

    @Test func `schemas that differ from record to record are not kept without end`() throws {
        let converter = JsonConverter(JsonConverter.Options())
        let text = String(repeating: "d", count: 200_000)
        for number in 0..<100 {
            let schema = #"{"type":"int32","doc":"\#(number)\#(text)"}"#
            _ = try fixture.decode(converter, #"{"schema":\#(schema),"payload":1}"#)
            _ = try fixture.encode(converter, .integer(.int32, 1), Schema(.int32, documentation: "\(number)\(text)"))
            _ = fixture.schemas.trim()
        }
        // Text and schema count, so that 41 of them fill 16 MiB.
        #expect((1...42).contains(converter.decodedSchemas.count), "\(converter.decodedSchemas.count)")
        #expect((1...42).contains(converter.envelopes.count), "\(converter.envelopes.count)")
        #expect(fixture.schemas.schemas.count <= 21)
        for number in 0..<2000 {
            _ = try fixture.decode(converter, #"{"schema":{"type":"int32","doc":"\#(number)"},"payload":1}"#)
        }
        #expect(converter.decodedSchemas.count <= 1000)
    }

    @Test func `schemas that differ in one name are told apart by their hash`() {
        let schemas = (0..<100).map { Schema(.structure, fields: [.init(name: "f\($0)", schema: .string)]) }
        #expect(Set(schemas.map(\.hashValue)).count > 90)
        let table = SchemaTable()
        let numbers = schemas.map { table.number(of: $0) }
        #expect(numbers == (0..<100).map(Int32.init) && numbers == schemas.map { table.number(of: $0) })
    }

    @Test(arguments: [(64, true), (65, false)])
    func `a schema that is nested deeper than a plugin can be given is refused`(depth: Int, isTaken: Bool) throws {
        let converter = JsonConverter(JsonConverter.Options())
        let schema =
            String(repeating: #"{"type":"array","optional":true,"items":"#, count: depth) + #"{"type":"int32"}"#
            + String(repeating: "}", count: depth)
        var refusal: String?
        do { _ = try fixture.decode(converter, #"{"schema":\#(schema),"payload":null}"#) } catch {
            refusal = "\(error)"
        }
        #expect(isTaken ? refusal == nil : refusal?.contains("nested deeper than 64") == true, "\(refusal ?? "")")
    }
}
