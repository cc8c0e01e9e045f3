import ConnectABI
import ConnectModel
import Testing

@Suite struct LayoutTests {
    @Test func `values, records and headers of the model lie as those of the ABI`() {
        #expect(MemoryLayout<Value>.size == MemoryLayout<kc_value>.size)
        #expect(MemoryLayout<Value>.offset(of: \.length) == MemoryLayout<kc_value>.offset(of: \.length))
        #expect(MemoryLayout<Value>.offset(of: \.bits) == MemoryLayout<kc_value>.offset(of: \.u))
        #expect(MemoryLayout<ConnectRecord>.size == MemoryLayout<kc_record>.size)
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.value) == MemoryLayout<kc_record>.offset(of: \.value))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.offset) == MemoryLayout<kc_record>.offset(of: \.offset))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.headers) == MemoryLayout<kc_record>.offset(of: \.headers))
        #expect(
            MemoryLayout<ConnectRecord>.offset(of: \.headerCount) == MemoryLayout<kc_record>.offset(of: \.header_count))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.topic) == MemoryLayout<kc_record>.offset(of: \.topic))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.partition) == MemoryLayout<kc_record>.offset(of: \.partition))
        #expect(
            MemoryLayout<ConnectRecord>.offset(of: \.sourcePartition)
                == MemoryLayout<kc_record>.offset(of: \.source_partition))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.keySchema) == MemoryLayout<kc_record>.offset(of: \.key_schema))
        #expect(
            MemoryLayout<ConnectRecord>.offset(of: \.valueSchema) == MemoryLayout<kc_record>.offset(of: \.value_schema))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.timestamp) == MemoryLayout<kc_record>.offset(of: \.timestamp))
        #expect(MemoryLayout<ConnectRecord>.offset(of: \.flags) == MemoryLayout<kc_record>.offset(of: \.flags))
        #expect(MemoryLayout<RecordHeader>.size == MemoryLayout<kc_header>.size)
        #expect(MemoryLayout<RecordHeader>.offset(of: \.name) == MemoryLayout<kc_header>.offset(of: \.name))
        #expect(
            MemoryLayout<RecordHeader>.offset(of: \.nameLength) == MemoryLayout<kc_header>.offset(of: \.name_length))
        #expect(MemoryLayout<RecordHeader>.offset(of: \.schema) == MemoryLayout<kc_header>.offset(of: \.schema))
        #expect(MemoryLayout<RecordHeader>.offset(of: \.value) == MemoryLayout<kc_header>.offset(of: \.value))
    }

    @Test func `kinds and flags of the model are those of the ABI`() {
        #expect(ValueKind.null.rawValue == UInt8(KC_NULL) && ValueKind.structure.rawValue == UInt8(KC_STRUCT))
        #expect(ValueKind.string.rawValue == UInt8(KC_STRING) && ValueKind.int64.rawValue == UInt8(KC_INT64))
        #expect(ConnectRecord.Flags.hasTimestamp.rawValue == UInt32(KC_RECORD_HAS_TIMESTAMP))
        #expect(ConnectRecord.Flags.hasPartition.rawValue == UInt32(KC_RECORD_HAS_PARTITION))
        #expect(ConnectRecord.Flags.appendTime.rawValue == UInt32(KC_RECORD_APPEND_TIME))
    }

    @Test func `values of the ABI read as values of the model`() {
        var value = kc_value()
        value.kind = UInt8(KC_FLOAT32)
        value.u.f = 1.5
        #expect(unsafeBitCast(value, to: Value.self).float32 == 1.5)
        value.kind = UInt8(KC_FLOAT64)
        value.u.d = -2.25
        #expect(unsafeBitCast(value, to: Value.self).float64 == -2.25)
        value.kind = UInt8(KC_INT64)
        value.u.i = .min
        #expect(unsafeBitCast(value, to: Value.self).int64 == .min)
    }
}
