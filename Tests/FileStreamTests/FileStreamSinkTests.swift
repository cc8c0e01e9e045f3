import ConnectABI
import Glibc
import PluginTestKit
import Testing

@testable import FileStream
@testable import PluginKit

@Suite struct FileStreamSinkTests {
    private let folder = TemporaryFolder()
    private let task: SinkTaskDriver

    init() throws {
        let under = try #require(
            PluginUnderTest(kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSinkConnector"))
        task = SinkTaskDriver(under)
    }

    @Test func `lines are appended to what is there`() {
        folder.write("out", "before\n")
        #expect(task.start(["file": folder.file("out")]).status == KC_OK)
        #expect(task.put(lines: ["one", "", "drei ü"]).status == KC_OK)
        #expect(folder.text("out") == "before\none\n\ndrei ü\n")
        #expect(task.put(lines: []).status == KC_OK)
        #expect(task.stop().status == KC_OK)
    }

    @Test func `more than a megabyte goes out whole`() {
        #expect(task.start(["file": folder.file("out")]).status == KC_OK)
        let line = String(repeating: "q", count: 50_000)
        #expect(task.put(lines: Array(repeating: line, count: 50)).status == KC_OK)
        #expect(folder.read("out").count == 50 * 50_001)
    }

    @Test func `a file that cannot be opened fails the start with the reason`() {
        let outcome = task.start(["file": folder.file("none/out")])
        #expect(outcome.status == KC_FATAL)
        #expect(
            outcome.error.hasPrefix("Couldn't find or create file '\(folder.file("none/out"))' for FileStreamSinkTask"))
        #expect(outcome.error.contains("No such file or directory"))
    }

    @Test func `a process without free descriptors keeps the records until it has one`() async {
        // A limit of the process: only a child can have one without harming other tests.
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            guard
                let under = PluginUnderTest(
                    kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSinkConnector")
            else { exit(10) }
            let task = SinkTaskDriver(under)
            let end = withoutFreeDescriptors()
            let started = task.start(["file": folder.file("out")])
            let refused = task.put(lines: ["one"])
            end()
            guard started.status == KC_OK else { exit(11) }
            guard under.fake.state.log.contains(where: { $0.hasPrefix("WARN") && $0.contains("Too many open files") })
            else { exit(12) }
            guard refused.status == KC_RETRIABLE, refused.error.contains("Too many open files") else { exit(13) }
            guard task.put(lines: ["one"]).status == KC_OK, task.put(lines: ["two"]).status == KC_OK else { exit(14) }
            exit(folder.text("out") == "one\ntwo\n" ? 0 : 15)
        }
    }

    @Test func `a full disk fails the put with the system's words`() {
        #expect(task.start(["file": "/dev/full"]).status == KC_OK)
        let outcome = task.put(lines: ["x"])
        #expect(outcome.status == KC_FATAL && outcome.error.contains("No space left on device"))
    }

    @Test func `a put that fails half way leaves the file as it was`() async {
        // A limit of the process: only a child can have one without harming other tests.
        await #expect(processExitsWith: .success) {
            signal(SIGXFSZ, SIG_IGN)
            let folder = TemporaryFolder()
            guard
                let under = PluginUnderTest(
                    kafkaConnectEntry(), "org.apache.kafka.connect.file.FileStreamSinkConnector")
            else { exit(10) }
            let task = SinkTaskDriver(under)
            guard task.start(["file": folder.file("out")]).status == KC_OK else { exit(11) }
            guard task.put(lines: ["first"]).status == KC_OK else { exit(12) }
            var limit = rlimit(rlim_cur: 100, rlim_max: 100)
            guard setrlimit(__rlimit_resource_t(1), &limit) == 0 else { exit(13) }
            let outcome = task.put(lines: [String(repeating: "a", count: 60), String(repeating: "b", count: 60)])
            guard outcome.status == KC_FATAL, outcome.error.contains("File too large") else { exit(14) }
            guard outcome.error.contains("cut back to its 6 bytes") else { exit(15) }
            exit(folder.text("out") == "first\n" ? 0 : 16)
        }
    }

    @Test func `values that are no text are written as Java prints them`() throws {
        #expect(task.start(["file": folder.file("out")]).status == KC_OK)
        let memory = CMemory()
        let values: [Datum] = [
            .null, .boolean(true), .integer(-5), .double(2.5), .bytes(Array("raw".utf8)),
            .array([.integer(1), .string("x"), .null]),
            .map([.init(.string("k"), .integer(1)), .init(.string("m"), .map([]))]),
        ]
        #expect(task.put(values.map(memory.value)).status == KC_OK)
        #expect(folder.text("out") == "null\ntrue\n-5\n2.5\nraw\n[1, x, null]\n{k=1, m={}}\n")
    }

    @Test func `structures are written with the names of their fields, without null ones`() throws {
        #expect(task.start(["file": folder.file("out")]).status == KC_OK)
        let memory = CMemory()
        var string = kc_schema()
        string.kind = UInt8(KC_STRING)
        var structure = kc_schema()
        structure.kind = UInt8(KC_STRUCT)
        structure.fields = memory.table([
            kc_field(name: memory.string("a"), schema: 0, reserved: 0),
            kc_field(name: memory.string("b"), schema: 0, reserved: 0),
            kc_field(name: memory.string("c"), schema: 0, reserved: 0),
        ])
        var value = memory.value(.array([.string("x"), .null, .string("z")]))
        value.kind = UInt8(KC_STRUCT)
        #expect(task.put([value], schema: 1, schemas: [string, structure]).status == KC_OK)
        #expect(folder.text("out") == "Struct{a=x,c=z}\n")
    }
}
