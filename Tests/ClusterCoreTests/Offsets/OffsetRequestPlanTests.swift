import ClusterCore
import ConnectModel
import Testing

@Suite struct OffsetRequestPlanTests {
    private func request(_ partition: String?, _ offset: String?) -> OffsetRequest {
        OffsetRequest(partition: partition.map { Array($0.utf8) }, offset: offset.map { Array($0.utf8) })
    }

    @Test func `a source's offsets keep their bytes, and null resets`() throws {
        let changes = try OffsetRequestPlan.source([
            request(#"{"f":"a","x":1.5,"y":null,"z":true}"#, #"{"p":1}"#), request(#"{"f":"b"}"#, nil),
            request(#"{"f":"c"}"#, "null"), request(nil, #"{"p":2}"#),
        ])
        #expect(changes.map { String(decoding: $0.partition, as: UTF8.self) }.last == "null")
        #expect(changes.map { $0.offset == nil } == [false, true, true, false])
    }

    @Test(arguments: [
        (#"{"x":[1]}"#, #"{"p":1}"#, "field x contains ARRAY"), (#"{"x":1}"#, #"{"p":{}}"#, "field p contains MAP"),
        ("7", "null", "objects or null"), (#"{"x":1"#, "null", "need to be JSON"),
    ])
    func `a source's bad offsets are refused with Apache's words`(partition: String, offset: String, words: String) {
        let error = #expect(throws: ConnectError.self) {
            try OffsetRequestPlan.source([request(partition, offset)])
        }
        #expect(error?.httpStatus == 400)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func `a sink's numbers may be texts, and the last of a partition counts`() throws {
        let first = TopicPartition(topic: "t", partition: 0)
        let second = TopicPartition(topic: "t", partition: 1)
        let changes = try OffsetRequestPlan.sink([
            request(#"{"kafka_topic":"t","kafka_partition":"1"}"#, #"{"kafka_offset":"7"}"#),
            request(#"{"kafka_topic":"t","kafka_partition":0}"#, #"{"kafka_offset":5}"#),
            request(#"{"kafka_topic":"t","kafka_partition":0}"#, nil),
        ])
        #expect(changes == [GroupOffsetChange(first, nil), GroupOffsetChange(second, 7)])
    }

    @Test(
        arguments: [
            (nil, "{}", "cannot be null or missing"), ("null", "{}", "cannot be null or missing"),
            (#"{"kafka_topic":"t"}"#, "{}", "must contain the keys"),
            (#"{"kafka_topic":null,"kafka_partition":0}"#, "{}", "topic names must be valid"),
            (#"{"kafka_topic":"t","kafka_partition":null}"#, "{}", "partitions must be valid numbers"),
            (#"{"kafka_topic":"t","kafka_partition":"x"}"#, "{}", "Kafka partition value in the provided offsets: 'x'"),
            (#"{"kafka_topic":"t","kafka_partition":-1}"#, "{}", "must not be negative"),
            (#"{"kafka_topic":"t","kafka_partition":0}"#, "{}", "contain the key 'kafka_offset'"),
            (#"{"kafka_topic":"t","kafka_partition":0}"#, #"{"kafka_offset":1.5}"#, "offsets: '1.5'. Offset values"),
            (#"{"kafka_topic":"t","kafka_partition":0}"#, #"{"kafka_offset":-4}"#, "must not be negative"),
        ] as [(String?, String, String)])
    func `a sink's bad offsets are refused with Apache's words`(partition: String?, offset: String, words: String) {
        let error = #expect(throws: ConnectError.self) {
            try OffsetRequestPlan.sink([request(partition, offset)])
        }
        #expect(error?.httpStatus == 400)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func `a sink's offset is shown as Apache shows it`() {
        let change = OffsetRequestPlan.change(TopicPartition(topic: "t", partition: 3), 9)
        #expect(String(decoding: change.partition, as: UTF8.self) == #"{"kafka_partition":3,"kafka_topic":"t"}"#)
        #expect(change.offset.map { String(decoding: $0, as: UTF8.self) } == #"{"kafka_offset":9}"#)
    }
}
