import Testing

@testable import KafkaProtocol

@Suite struct MessageTests {
    @Test func `every message and version of the samples is byte for byte what the schema says`() throws {
        #expect(MessageSample.all.count >= 1000)
        for sample in MessageSample.all {
            let type = try #require(AllMessages.type(named: sample.name), "\(sample.name)")
            let again = try recode(type, sample.bytes, version: sample.version)
            #expect(again == sample.bytes, "\(sample.testDescription)")
        }
    }

    @Test func everyMessageHasSamplesForAllItsVersions() {
        let sampled = Set(MessageSample.all.map(\.testDescription))
        for type in AllMessages.withAPI {
            for version in type.versions { #expect(sampled.contains("\(type) \(version)")) }
        }
        #expect(AllMessages.withAPI.count == 2 * APIDescription.all.count)
    }

    @Test func truncationAtEveryByteIsAnError() throws {
        for sample in MessageSample.all {
            let type = try #require(AllMessages.type(named: sample.name))
            // Trailing fields of the embedded messages may be left out.
            if AllMessages.embedded.contains(where: { "\($0)" == sample.name }) { continue }
            for count in 0..<sample.bytes.count {
                #expect(throws: ProtocolError.self, "\(sample.testDescription) cut at \(count)") {
                    try recode(type, Array(sample.bytes[..<count]), version: sample.version)
                }
            }
        }
    }

    @Test func corruptedBytesNeverCrash() throws {
        var generator = SeededGenerator(seed: 17)
        for sample in MessageSample.all where !sample.bytes.isEmpty {
            let type = try #require(AllMessages.type(named: sample.name))
            for _ in 0..<8 {
                var damaged = sample.bytes
                let index = Int.random(in: 0..<damaged.count, using: &generator)
                damaged[index] = [0x7f, 0x80, 0xff, 0xfe, 1][Int.random(in: 0..<5, using: &generator)]
                _ = try? recode(type, damaged, version: sample.version)
            }
        }
    }

    @Test func versionsWithoutALayoutAreRefused() {
        for type in AllMessages.withAPI {
            for version in [type.versions.lowerBound - 1, type.versions.upperBound + 1] {
                #expect(throws: ProtocolError.unsupportedVersion("\(type)", version)) {
                    var w = ByteWriter()
                    try type.init().encode(&w, version: version)
                }
            }
        }
    }

    @Test func `a field that a version cannot carry must not be lost silently`() throws {
        var request = InitProducerIdRequest()
        request.producerId = 5
        var w = ByteWriter()
        #expect(throws: ProtocolError.fieldNotInVersion("InitProducerIdRequest.producerId", 2)) {
            try request.encode(&w, version: 2)
        }
        // The rack may be dropped by versions that have none: its schema calls it ignorable.
        var metadata = MetadataResponse.MetadataResponseTopic()
        metadata.topicId = KafkaUUID(high: 1, low: 2)
        try metadata.encode(&w, version: 9)
    }

    @Test func `a count that the bytes cannot hold is refused before memory is taken`() {
        // Metadata v9: null topics would be 0; a count of 2^31 topics in ten bytes is not possible.
        let forged = bytes(hex: "ffffffff07 000000000000")
        #expect(throws: ProtocolError.countTooLarge(0x7fff_fffe)) {
            try recode(MetadataRequest.self, forged, version: 9)
        }
        #expect(throws: ProtocolError.countTooLarge(0x7fff_ffff)) {
            try recode(MetadataRequest.self, bytes(hex: "7fffffff 000000"), version: 8)
        }
        #expect(throws: ProtocolError.invalidLength(-2)) {
            try recode(MetadataRequest.self, bytes(hex: "fffffffe 000000"), version: 8)
        }
    }
}
