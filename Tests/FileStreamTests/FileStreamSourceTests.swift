import ConnectABI
import Glibc
import PluginTestKit
import Testing

@testable import FileStream

@Suite struct FileStreamSourceTests {
    private typealias Line = SourceTaskDriver.Line

    private let folder = TemporaryFolder()
    private let under: PluginUnderTest
    private let task: SourceTaskDriver

    init() throws {
        under = try #require(
            PluginUnderTest(kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSourceConnector"))
        task = SourceTaskDriver(under)
        #expect(task.created.status == KC_OK)
    }

    private func start(_ file: String = "in", batch: Int = 2000, line: Int? = nil) {
        let path = folder.file(file)
        let outcome =
            line.map {
                task.start(["file": path, "topic": "t", "batch.size": "\(batch)", "native.line.max.bytes": "\($0)"])
            } ?? task.start(["file": path, "topic": "t", "batch.size": "\(batch)"])
        #expect(outcome.status == KC_OK, "\(outcome.error)")
    }

    @Test func `lines come with the byte position after their ends, the incomplete one waits`() {
        folder.write("in", "hello-1\nhällo-2\r\n\nlast")
        start()
        #expect(task.pollAll().lines == [Line("hello-1", 8), Line("hällo-2", 18), Line("", 19)])
        folder.write("in", " one\n", append: true)
        #expect(task.pollAll().lines == [Line("last one", 28)])
    }

    @Test func `a batch says topic, partition, schema and time once`() throws {
        folder.write("in", "a\n")
        start()
        let poll = task.pollKeeping()
        defer { task.release(poll) }
        let batch = try #require(poll.batch).pointee
        #expect(batch.topics.count == 1 && batch.source_partitions.count == 1 && batch.schemas.count == 1)
        let record = try #require(batch.records.items).assumingMemoryBound(to: kc_record.self).pointee
        #expect(Int(record.key.kind) == KC_NULL && record.key_schema == -1 && record.value_schema == 0)
        #expect(record.flags == UInt32(KC_RECORD_HAS_TIMESTAMP) && record.timestamp > 1_600_000_000_000)
        let partition = try #require(batch.source_partitions.items).assumingMemoryBound(to: kc_source_partition.self)
        #expect(FakeHost.text(partition.pointee.offset_key) == "position")
        let schema = try #require(batch.schemas.items).assumingMemoryBound(to: kc_schema.self).pointee
        #expect(Int(schema.kind) == KC_STRING && schema.flags == 0)
    }

    @Test func `a poll brings at most a batch, the next one the rest at once`() {
        folder.write("in", (0..<25).map { "line \($0)\n" }.joined())
        start(batch: 10)
        #expect(
            [10, 10, 5, 0]
                == (0..<4).map { _ in
                    let poll = task.pollKeeping()
                    defer { task.release(poll) }
                    return poll.lines.count
                })
    }

    @Test func `reading goes on at the stored position`() {
        folder.write("in", "one\ntwo\nthree\n")
        under.fake.update { [path = folder.file("in")] in $0.positions[path] = 8 }
        start()
        #expect(task.pollAll().lines == [Line("three", 14)])
    }

    @Test func `a stored position beyond the end starts over, with a warning`() {
        folder.write("in", "one\n")
        under.fake.update { [path = folder.file("in")] in $0.positions[path] = 1000 }
        start()
        #expect(task.pollAll().lines == [Line("one", 4)])
        #expect(under.fake.state.log.contains { $0.hasPrefix("WARN") && $0.contains("1000") })
    }

    @Test func `a missing file is waited for`() {
        start()
        let first = task.pollAll()
        #expect(first.last.status == KC_WOULD_BLOCK && first.last.hint == 1000)
        folder.write("in", "here\n")
        #expect(task.pollAll().lines == [Line("here", 5)])
        #expect(under.fake.state.log.filter { $0.contains("Couldn't find file") }.count == 1)
    }

    @Test func `a file that cannot be opened fails the task with the reason`() {
        start("in/none")
        folder.write("in", "x")
        let outcome = task.pollAll().last
        #expect(outcome.status == KC_FATAL && outcome.error.contains("Not a directory"))
    }

    @Test func `a process without free descriptors tries again`() async {
        // A limit of the process: only a child can have one without harming other tests.
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            folder.write("in", "here\n")
            guard
                let under = PluginUnderTest(
                    kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSourceConnector")
            else { exit(10) }
            let task = SourceTaskDriver(under)
            guard task.start(["file": folder.file("in"), "topic": "t"]).status == KC_OK else { exit(11) }
            let end = withoutFreeDescriptors()
            let refused = task.pollAll().last
            end()
            guard refused.status == KC_RETRIABLE else { exit(12) }
            guard refused.error.contains("\(folder.file("in"))' for reading: Too many open files") else { exit(13) }
            exit(task.pollAll().lines == [SourceTaskDriver.Line("here", 5)] ? 0 : 14)
        }
    }

    @Test func `truncation starts over, with a warning`() {
        folder.write("in", "a long first line\nheld back")
        start()
        #expect(task.pollAll().lines.count == 1)
        folder.write("in", "new\n")
        let noticed = task.pollAll()
        #expect(noticed.lines == [] && noticed.last.hint == 200)
        #expect(task.pollAll().lines == [Line("new", 4)])
        #expect(under.fake.state.log.contains { $0.hasPrefix("WARN") && $0.contains("truncated") })
    }

    @Test func `a file that shrinks again and again is read each time, warned of once`() {
        folder.write("in", "")
        start()
        for _ in 0..<5 {
            folder.write("in", "a line\n")
            #expect(task.pollAll().lines == [Line("a line", 7)])
            folder.write("in", "")
            #expect(task.pollAll().last.hint == 200)
        }
        #expect(under.fake.state.log.filter { $0.hasPrefix("WARN") }.count == 1)
    }

    @Test func `a file that gives bytes and says that it has none is read once`() {
        #expect(
            task.start(["file": "/proc/version", "topic": "t", "batch.size": "10"]).status == KC_OK)
        #expect(task.pollAll().lines.count == 1)
        for _ in 0..<3 { #expect(task.pollAll().lines == []) }
        #expect(!under.fake.state.log.contains { $0.hasPrefix("WARN") })
    }

    @Test func `an empty poll names a short hint that grows`() {
        folder.write("in", "")
        start()
        #expect((0..<6).map { _ in task.pollAll().last.hint } == [10, 20, 40, 80, 160, 200])
        folder.write("in", "x\n", append: true)
        #expect(task.pollAll().last.hint == 10)
    }

    @Test func `lines longer than a block arrive whole, and blocks shrink again`() {
        let long = String(repeating: "x", count: 700_000)
        folder.write("in", "a\n\(long)\nb\n")
        start()
        #expect(task.pollAll().lines == [Line("a", 2), Line(long, 700_003), Line("b", 700_005)])
    }

    @Test func `a line longer than the cap fails the task, after the lines before it`() {
        folder.write("in", "short\n\(String(repeating: "y", count: 2000))\n")
        start(line: 1999)
        let result = task.pollAll()
        #expect(result.lines == [Line("short", 6)])
        #expect(result.last.status == KC_FATAL && result.last.error.contains("position 6"))
        #expect(result.last.error.contains("native.line.max.bytes"))
    }

    @Test func `a line without end is not read beyond the cap`() {
        folder.write("in", String(repeating: "z", count: 3_000_000))
        start(line: 1 << 20)
        let outcome = task.pollAll().last
        #expect(outcome.status == KC_FATAL && outcome.error.contains("position 0"))
    }

    @Test func `invalid bytes are replaced, valid ones stay where they are`() {
        folder.write("in", Array("gut é\n".utf8) + [0x41, 0xff, 0x42, 0x0a] + Array("ok\n".utf8))
        start()
        #expect(task.pollAll().lines == [Line("gut é", 7), Line("A\u{fffd}B", 11), Line("ok", 14)])
    }

    @Test func `records stay valid while later ones are read`() {
        let lines = (0..<20_000).map { "line number \($0) with some text to fill blocks" }
        folder.write("in", lines.map { $0 + "\n" }.joined())
        start()
        var polls: [SourceTaskDriver.Poll] = []
        while true {
            let poll = task.pollKeeping()
            if poll.batch == nil { break }
            polls.append(poll)
        }
        #expect(polls.flatMap(\.lines).map { String(decoding: $0.text, as: UTF8.self) } == lines)
        for poll in polls.reversed() { task.release(poll) }
    }

    @Test func `a stopped task leaves the batches that are out alone`() {
        folder.write("in", "kept\n")
        start()
        let poll = task.pollKeeping()
        #expect(task.stop().status == KC_OK)
        #expect(poll.lines == [Line("kept", 5)])
        task.release(poll)
    }

    @Test func `a FIFO brings lines as they come`() {
        let path = folder.file("in")
        #expect(mkfifo(path, 0o600) == 0)
        start()
        #expect(task.pollAll().last.status == KC_WOULD_BLOCK)
        let writer = open(path, O_WRONLY | O_NONBLOCK)
        defer { close(writer) }
        #expect(write(writer, "a\nb", 3) == 3)
        #expect(task.pollAll().lines == [Line("a", 2)])
        #expect(write(writer, "c\n", 2) == 2)
        #expect(task.pollAll().lines == [Line("bc", 5)])
    }
}
