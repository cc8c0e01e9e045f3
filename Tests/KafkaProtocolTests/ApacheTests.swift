import Testing

@testable import KafkaProtocol

/// Comparison with Apache Kafka's own classes; needs `KAFKA_HOME` and a Java development kit.
@Suite(.enabled(if: Apache.whyNot == nil, "KAFKA_HOME and a Java development kit"))
struct ApacheTests {
    @Test func apacheReadsAndWritesTheSamples() throws {
        let judge = try #require(Apache.judge())
        for sample in MessageSample.all {
            let hex = sample.bytes.isEmpty ? "-" : sample.bytes.hex
            let answer = judge.ask("message \(sample.name) \(sample.version) \(hex)")
            #expect(answer == hex, "\(sample.testDescription)")
        }
    }

    @Test func apacheReadsOurBatches() throws {
        let judge = try #require(Apache.judge())
        let records = (0..<50).map { index in
            SampleRecord(
                offset: Int64(index), timestamp: 1_700_000_000_000 + Int64(index * index) - 9,
                key: index % 3 == 0 ? nil : "k\(index)",
                value: index % 7 == 0 ? nil : String(repeating: "v", count: index * 40),
                headers: index % 4 == 0 ? [.init(key: "a", value: nil), .init(key: "b", value: [1, 2])] : [])
        }
        for codec in CompressionCodec.allCases {
            let batch = try #require(try makeBatch(records, Compressor(codec)))
            batch.stamp(producerID: 12, epoch: 3, baseSequence: 45)
            let expected = records.reduce(into: "12/3/45/\(batch.maxTimestamp)") { text, record in
                let key = record.key.map { $0.isEmpty ? "-" : $0.hex } ?? "null"
                let value = record.value.map { $0.isEmpty ? "-" : $0.hex } ?? "null"
                text += " \(record.offset),\(record.timestamp),\(key),\(value)"
                for header in record.headers { text += ",\(header.key)=\(header.value?.hex ?? "null")" }
            }
            #expect(judge.ask("read \(batch.copiedBytes.hex)") == expected, "\(codec)")
        }
    }

    @Test func weReadApachesBatches() throws {
        let judge = try #require(Apache.judge())
        for codec in CompressionCodec.allCases {
            for count in [1, 2, 50, 300] {
                let data = bytes(hex: try #require(judge.ask("write \(codec) \(count)")))
                let records = try readAll(data).records
                #expect(records.count == count)
                for (index, record) in records.enumerated() {
                    #expect(record.offset == Int64(index) && record.timestamp == 1_700_000_000_000 + Int64(index))
                    #expect(record.key == (index % 4 == 0 ? nil : Array("k\(index)".utf8)))
                    #expect(record.value?.count == index && record.headers.count == (index % 3 == 0 ? 1 : 0))
                }
            }
        }
    }

    @Test func murmur2IsThatOfTheOracle() throws {
        let oracle = try #require(Apache.oracle())
        var generator = SeededGenerator(seed: 23)
        for count in 0..<200 {
            let key = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let hash = key.withUnsafeBytes { murmur2($0) }
            #expect(oracle.ask(#"{"op":"murmur2","bytes":"\#(base64(key))"}"#) == #"{"hash":\#(hash)}"#)
        }
    }

    @Test func rangeAndEqualStickyAssignmentsAreJavas() throws {
        let judge = try #require(Apache.judge())
        var generator = SeededGenerator(seed: 31)
        for _ in 0..<200 {
            let topics = ["a", "b", "c"].prefix(Int.random(in: 1...3, using: &generator))
            var counts: [String: Int32] = [:]
            for topic in topics { counts[topic] = Int32.random(in: 1...7, using: &generator) }
            var members: [ConsumerProtocol.Member] = []
            for index in 0..<Int.random(in: 1...6, using: &generator) {
                let instance = Int.random(in: 0...3, using: &generator) == 0 ? "i\(9 - index)" : nil
                members.append(AssignorTests.member("m\(index)", Array(topics), instance: instance))
            }
            #expect(
                ask(judge, "range", members, topics, counts)
                    == text(RangeAssignor.assign(members, partitionCounts: counts)))
            // Then the members own what an earlier, smaller group gave them.
            let earlier = Array(members.prefix(max(1, members.count - 2)))
            let first = CooperativeStickyAssignor.assign(earlier, partitionCounts: counts)
            for index in earlier.indices {
                members[index].subscription.ownedPartitions = first[index].partitions
                members[index].subscription.generation = 4
            }
            let sticky = CooperativeStickyAssignor.assign(members, partitionCounts: counts)
            #expect(ask(judge, "sticky", members, topics, counts) == text(sticky))
        }
    }

    private func ask(
        _ judge: LineProcess, _ assignor: String, _ members: [ConsumerProtocol.Member], _ topics: ArraySlice<String>,
        _ counts: [String: Int32]
    ) -> String? {
        let cluster = topics.map { "\($0):\(counts[$0] ?? 0)" }.joined(separator: ",")
        let lines = members.map { member in
            let subscription = member.subscription
            let owned = subscription.ownedPartitions.map { "\($0.topic):\($0.partition)" }.joined(separator: "+")
            let topics = subscription.topics.joined(separator: "+")
            return "\(member.id)/\(member.instanceID ?? "")/\(topics)/\(subscription.generation)/\(owned)"
        }
        return judge.ask("assign \(assignor) \(cluster) \(lines.joined(separator: " "))")
    }

    private func text(_ assignments: [ConsumerProtocol.Assignment]) -> String {
        assignments.sorted { $0.memberID < $1.memberID }.map { assignment in
            let partitions = assignment.partitions.map { "\($0.topic):\($0.partition)" }.joined(separator: "+")
            return "\(assignment.memberID)=\(partitions)"
        }.joined(separator: " ")
    }

    private func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var text = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 { text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=") }
        }
        return text
    }
}
