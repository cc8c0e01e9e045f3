import ConnectABI
import Testing

@testable import Conformance

/// What can be told of values without a library; whole batches are in the tests of the program.
@Suite struct BatchCheckTests {
    private let memory = LentMemory("a test's memory", .usual)

    @Test(arguments: SampleRecords.values.indices) func `what is given to sinks is good by the same rules`(_ index: Int)
    {
        let (name, value) = SampleRecords.values[index]
        #expect(ValueCheck.problem(value.value(in: memory)) == nil, "\(name)")
        let batch = SampleRecords.batch(value, hasSchema: true, offset: 5).build(in: memory).pointee
        let schemas = TableCheck.items(batch.schemas, as: kc_schema.self)
        #expect(SchemaCheck(schemas).problem() == nil, "\(name)")
        let records = TableCheck.items(batch.records, as: kc_record.self)
        #expect(records.map { $0.offset.u.i } == [5, 6])
        for record in records {
            #expect(SchemaCheck(schemas).mismatch(record.value, record.value_schema) == nil, "\(name)")
        }
    }

    @Test func `values come back as they were given`() {
        for (name, value) in SampleRecords.values where name != "FLOAT64" {
            #expect(SampleValue(value.value(in: memory)) == value, "\(name)")
        }
    }

    @Test func `values that are nested too deep are told`() {
        let deep = (0..<65).reduce(SampleValue.null) { value, _ in .array([value]) }
        #expect(ValueCheck.problem(deep.value(in: memory))?.contains("nested deeper than 64") == true)
    }

    @Test func `tables may be as long as the worker takes them, and no longer`() {
        var place: UInt64 = 0
        withUnsafeMutablePointer(to: &place) { item in
            func isTaken<Item>(_ count: Int32, _ type: Item.Type) -> Bool {
                let stride = UInt32(MemoryLayout<Item>.stride)
                return TableCheck.problem(kc_table(items: item, count: count, stride: stride), of: type) == nil
            }
            #expect(isTaken(10_000, kc_class.self) && !isTaken(10_001, kc_class.self))
            #expect(isTaken(10_000, kc_config_key.self) && !isTaken(10_001, kc_config_key.self))
            #expect(isTaken(10_000, kc_validator.self) && !isTaken(10_001, kc_validator.self))
            #expect(isTaken(65_536, kc_schema.self) && !isTaken(65_537, kc_schema.self))
            #expect(isTaken(1 << 20, kc_record.self) && !isTaken(1 << 20 + 1, kc_record.self))
        }
    }

    @Test func `a checksum sees every byte of a batch`() {
        let batch = SinkBatch.lines(3, from: 0).build(in: memory)
        let before = Checksum.batch(batch.pointee)
        #expect(before == Checksum.batch(batch.pointee))
        let records = TableCheck.items(batch.pointee.records, as: kc_record.self)
        UnsafeMutablePointer(mutating: records[2].value.u.bytes)?[0] ^= 1
        #expect(before != Checksum.batch(batch.pointee))
    }

    @Test func `partitions and offsets hold what can be stored`() {
        #expect(ValueCheck.partitionProblem(SampleValue.null.value(in: memory)) == nil)
        #expect(ValueCheck.partitionProblem(SampleValue.map([.text("a"), .int64(1)]).value(in: memory)) == nil)
        #expect(ValueCheck.partitionProblem(SampleValue.map([.int64(1), .int64(1)]).value(in: memory)) != nil)
        #expect(ValueCheck.offsetProblem(SampleValue.map([.text("a"), .bytes([1])]).value(in: memory)) != nil)
        #expect(ValueCheck.offsetProblem(SampleValue.text("7").value(in: memory)) != nil)
    }

    @Test func `tables may be as long as the worker takes them`() {
        var table = kc_table(items: UnsafeRawPointer(bitPattern: 64), count: 1 << 16, stride: 256)
        #expect(TableCheck.problem(table, of: kc_source_partition.self) == nil)
        table.count += 1
        #expect(
            TableCheck.problem(table, of: kc_source_partition.self)
                == "has 65537 items, more than the 65536 that the worker takes")
        #expect(TableCheck.problem(table, of: kc_record.self) == nil)
        table.count = (1 << 20) + 1
        #expect(TableCheck.problem(table, of: kc_record.self)?.contains("1048576") == true)
    }

    @Test func `texts are looked at with their lengths`() {
        #expect(StringCheck.problem(memory.string("Grüße")) == nil)
        #expect(StringCheck.problem(memory.string(nil)) == nil)
        #expect(StringCheck.problem(memory.string(nil), mayBeNull: false) != nil)
        var cut = memory.string("ü")
        cut.length = 1
        #expect(StringCheck.problem(cut) == "is not UTF-8")
        cut.length = -1
        #expect(StringCheck.problem(cut) == "has the negative length -1")
    }
}
