import ConnectABI
import Testing

@testable import PluginKit

@Suite struct DatumTests {
    @Test func `a value survives the way through C memory`() {
        let memory = CMemory()
        let datum = Datum.map([
            .init(.string("a"), .array([.integer(-1), .double(0.5), .boolean(false), .null])),
            .init(.string(""), .bytes([0, 255])),
            .init(.integer(3), .map([])),
        ])
        #expect(Datum(memory.value(datum)) == datum)
    }

    @Test func `nesting beyond the limit becomes null instead of a full stack`() {
        let memory = CMemory()
        var datum = Datum.string("x")
        for _ in 0..<100 { datum = .array([datum]) }
        var copy = Datum(memory.value(datum))
        var depth = 0
        while case .array(let elements) = copy, let first = elements.first {
            copy = first
            depth += 1
        }
        #expect(copy == .null && depth == Int(KC_MAX_DEPTH))
    }

    @Test func `nonsense lengths are read as empty`() {
        var value = kc_value()
        value.kind = UInt8(KC_STRING)
        value.length = -5
        #expect(Datum(value) == .string(""))
        value.kind = UInt8(KC_MAP)
        value.length = .max
        #expect(Datum(value) == .map([]))
    }
}
