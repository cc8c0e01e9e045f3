import PluginTestKit
import Testing

/// `kafka-connect validate` and the start of a worker, as a user runs them: both refuse the same, at the same places.
@Suite struct ValidateCommandTests {
    private static let minimal = """
        bootstrap.servers: localhost:9092
        key.converter: org.apache.kafka.connect.json.JsonConverter
        value.converter: org.apache.kafka.connect.json.JsonConverter
        offset.storage.file.filename: /tmp/offsets

        """

    /// The lines about a file of this text, each without the file's path; and the exit status.
    private func lines(
        _ text: String, name: String = "w.yaml", _ command: String = "validate"
    ) -> (status: Int32, lines: [String]) {
        let folder = TemporaryFolder()
        let file = folder.write(name, text)
        let result = ChildProcess.run([WorkerProgram.path, command, file])
        let prefix = "\(file):"
        let lines = result.output.split(separator: "\n").compactMap { line -> String? in
            line.range(of: prefix).map { String(line[$0.upperBound...]) }
        }
        return (result.status, lines)
    }

    @Test(arguments: [
        ("security.protocol: SASL_SSL", "security.protocol=SASL_SSL comes with TLS and SASL support"),
        ("security.protocol: FOO", "security.protocol"),
        ("producer.acks: 7", "producer.acks: '7' is none of all, -1, 0, 1"),
        ("producer.compression.type: brotli", "producer.compression.type: 'brotli' is none of"),
        ("producer.linger.ms: -5", "producer.linger.ms: -5 is outside"),
        ("producer.max.request.size: 99999999999", "producer.max.request.size: 99999999999 is outside"),
        ("consumer.max.poll.records: x", "consumer.max.poll.records: 'x' is not a whole number"),
        ("admin.bootstrap.servers: zz", "admin.bootstrap.servers: 'zz' is not host:port"),
        ("header.converter: none.Such", "Class none.Such could not be found"),
        ("key.converter.schemas.enable: maybe", "schemas.enable"),
        ("listeners: https://localhost:8443", "https is not part of this version"),
        ("admin.listeners: http://localhost:1", "admin.listeners is not part of this version"),
    ])
    func `what a worker cannot work with is refused at its line`(line: String, problem: String) {
        let (status, found) = lines(Self.minimal + line + "\n")
        #expect(status == 2)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("5:1: error: ") == true && found.first?.contains(problem) == true, "\(found)")
    }

    @Test func `a worker refuses at its start what validate refuses`() {
        let text = Self.minimal + "producer.acks: 7\nsecurity.protocol: FOO\n"
        let validated = lines(text)
        let started = lines(text, "standalone")
        #expect(validated.lines.count == 2 && started.lines.count == 2)
        // The name of the logger follows.
        for (line, expected) in zip(started.lines, validated.lines) { #expect(line.hasPrefix(expected)) }
        #expect(started.status == 2)
    }

    @Test func `a converter that nobody knows is refused in the place of the one that is meant`() {
        let text = Self.minimal.replacingFirst("org.apache.kafka.connect.json.JsonConverter", "none.Such")
        #expect(lines(text).lines.first?.hasPrefix("2:1: error: key.converter: Class none.Such") == true)
    }

    @Test func `a distributed worker's internal clients are checked as well`() {
        let text =
            Self.minimal + "group.id: g\nconfig.storage.topic: c\noffset.storage.topic: o\nstatus.storage.topic: s\n"
            + "batch.size: x\nexactly.once.source.support: enabled\n"
        let found = lines(text).lines.filter { $0.contains("error") }
        #expect(found.count == 2)
        #expect(found.first?.hasPrefix("9:1: error: batch.size: 'x'") == true, "\(found)")
        #expect(found.last?.hasPrefix("10:1: error: exactly.once.source.support: enabled") == true, "\(found)")
    }

    @Test func `a file that works has no problem`() {
        let (status, found) = lines(Self.minimal + "producer.acks: 1\nconsumer.max.poll.records: 10\n")
        #expect(status == 0 && found == [])
    }

    @Test func `transforms of a connector's file are refused as the worker refuses them`() {
        let text = "name: c\nconnector.class: FileStreamSource\ntransforms: a\ntransforms.a.type: x\n"
        let (status, found) = lines(text, name: "c.yaml")
        #expect(status == 2)
        #expect(found == ["3:1: error: transforms are not part of this version; leave the key out"])
    }
}

extension String {
    private func firstRange(of text: String) -> Range<Index>? {
        indices.lazy.filter { self[$0...].hasPrefix(text) }.first.map { $0..<index($0, offsetBy: text.count) }
    }

    fileprivate func replacingFirst(_ text: String, _ other: String) -> String {
        guard let range = firstRange(of: text) else { return self }
        return self[..<range.lowerBound] + other + self[range.upperBound...]
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.lazy.filter { self[$0...].hasPrefix(text) }.first.map { $0..<index($0, offsetBy: text.count) }
    }
}
