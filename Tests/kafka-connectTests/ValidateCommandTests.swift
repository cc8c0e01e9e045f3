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

    @Test func `what the service alone knows is left unchecked by validate, and not by the worker`() {
        let text =
            Self.minimal
            + "config.providers: credential\nproducer.acks: ${credential:acks}\nlisteners: ${credential:l}\n"
        let (status, found) = lines(text)
        #expect(status == 0)
        #expect(
            found.count == 2 && found.allSatisfy { $0.contains("warning") && $0.contains("service alone") }, "\(found)")
        let started = lines(text, "standalone")
        #expect(started.status == 2)
        #expect(
            started.lines.first?.contains("error: producer.acks: There is no credential") == true, "\(started.lines)")
        #expect(lines(text + "consumer.max.poll.records: x\n").status == 2)
    }

    @Test func `a file that works has no problem`() {
        let (status, found) = lines(Self.minimal + "producer.acks: 1\nconsumer.max.poll.records: 10\n")
        #expect(status == 0 && found == [])
    }

    @Test func `transforms of a connector's file are refused as the worker refuses them`() {
        let text = "name: c\nconnector.class: FileStreamSource\ntransforms: a\ntransforms.a.type: x\n"
        let (status, found) = lines(text, name: "c.yaml")
        #expect(status == 2)
        #expect(
            found == [
                "3:1: error: transforms are not part of this version; leave the key out",
                "4:1: error: Invalid value x for configuration transforms.a.type: Class x could not be found.",
            ])
    }

    @Test func `a connector's file is checked as far as no plugin is needed`() {
        let text = """
            name: c
            connector.class: FileStreamSource
            tasks.max: 0
            errors.tolerance: some
            key.converter: Foo
            producer.override.acks: 5
            producer.override.liger.ms: 5
            tasks.max: 2
            """
        let (status, found) = lines(text, name: "c.yaml")
        #expect(status == 2)
        let wanted = [
            "3:1: error: Invalid value 0 for configuration tasks.max",
            "4:1: error: Invalid value some for configuration errors.tolerance",
            "5:1: error: Invalid value Foo for configuration key.converter",
            "6:1: error: producer.override.acks: acks: '5' is none of",
            "7:1: warning: unknown key producer.override.liger",
            "8:1: error: tasks.max is given twice, first in line 3",
        ]
        #expect(found.count == wanted.count && zip(found, wanted).allSatisfy { $0.hasPrefix($1) }, "\(found)")
    }

    @Test func `a sink needs topics, and a name something behind it`() {
        let sink = lines("name=\nconnector.class=org.x.MySinkConnector\ntasks.max=1.5\n", name: "c.properties")
        #expect(sink.status == 2)
        #expect(sink.lines.count == 4, "\(sink.lines)")
        #expect(sink.lines.first?.hasPrefix("1:1: error: ") == true)
        #expect(sink.lines.dropFirst().first?.hasPrefix("3:1: error: Invalid value 1.5 for") == true)
        #expect(sink.lines.last == " error: Must configure one of topics or topics.regex")
        let other = lines("name=c\nconnector.class=org.x.Mirror\ntasks.max=1\n", name: "c.properties")
        #expect(other.status == 0 && other.lines == [], "what is neither a sink nor a source by its name")
    }

    @Test func `what a config provider stands for is not judged`() {
        let text = """
            name: c
            connector.class: FileStreamSink
            topics: t
            tasks.max: ${env:TASKS}
            consumer.override.max.poll.records: ${env:RECORDS}
            """
        let (status, found) = lines(text, name: "c.yaml")
        #expect(status == 0 && found == [])
    }

    @Test func `plugins are not listed for a worker's file that cannot be read`() {
        let missing = ChildProcess.run([WorkerProgram.path, "plugins", "/nowhere/worker.yaml"])
        #expect(missing.status == 2)
        #expect(missing.output == "/nowhere/worker.yaml: error: cannot be read: No such file or directory\n")
        let broken = lines("plugin.path: [\n", "plugins")
        #expect(broken.status == 2 && broken.lines.first?.hasPrefix("2:1: error: ") == true)
    }

    @Test func `folders without anything to find are named as such`() {
        let folder = TemporaryFolder()
        let file = folder.write("w.properties", "plugin.path=\(folder.path),/nowhere/plugins\n")
        let result = ChildProcess.run([WorkerProgram.path, "plugins", file])
        #expect(result.status == 0)
        #expect(
            result.output.split(separator: "\n").first
                == "Folders searched: \(folder.path), /nowhere/plugins (does not exist)")
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
